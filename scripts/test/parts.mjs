import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/**
 * @typedef {object} Part a program that suites run and npm does not bring
 * @property {string} name
 * @property {string[]} paths where it may be; one is enough
 * @property {string} apt the Debian package that brings it
 */

/** @type {Part[]} */
const PARTS = [
  { name: "Chromium", paths: ["/usr/bin/chromium"], apt: "chromium" },
  { name: "Chromium's headless shell", paths: ["/usr/bin/chromium-headless-shell"], apt: "chromium-headless-shell" },
  { name: "Firefox", paths: ["/usr/bin/firefox-esr"], apt: "firefox-esr" },
  { name: "nginx", paths: ["/usr/sbin/nginx", "/usr/bin/nginx"], apt: "nginx-light" },
  { name: "Caddy", paths: ["/usr/bin/caddy"], apt: "caddy" },
  { name: "HAProxy", paths: ["/usr/sbin/haproxy"], apt: "haproxy" },
  { name: "curl", paths: ["/usr/bin/curl"], apt: "curl" },
  { name: "systemd-analyze", paths: ["/usr/bin/systemd-analyze"], apt: "systemd" },
  { name: "a C compiler", paths: ["/usr/bin/cc"], apt: "build-essential" },
  { name: "Perl", paths: ["/usr/bin/perl"], apt: "perl-base" },
];

/**
 * Installs the parts that are not there, with apt, if that needs no password. Suites never skip for want of a part.
 *
 * @param {Part[]} [parts]
 * @throws {Error} saying what to install, if it may not or could not
 */
export function installMissingParts(parts = PARTS) {
  const missing = missingOf(parts);
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(" and ");
  const packages = missing.map(({ apt }) => apt);
  const advice = `The tests need ${names}: sudo apt-get install ${packages.join(" ")}`;

  const asRoot = rootPrefix();
  if (asRoot === undefined) throw new Error(advice);
  console.log(`Installing ${names} with apt-get (${packages.join(" ")})`);
  for (const step of [["update"], ["install", "--yes", "--no-install-recommends", ...packages]]) {
    // RUNLEVEL=1 keeps a freshly installed nginx from starting as a service.
    const command = [...asRoot, "env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get", "--quiet=2", ...step];
    const { status } = spawnSync(command[0] ?? "", command.slice(1), { stdio: ["ignore", "inherit", "inherit"] });
    if (status !== 0) throw new Error(`apt-get ${step[0]} failed. ${advice}`);
  }
  const still = missingOf(missing);
  if (still.length > 0) {
    throw new Error(still.map(({ name, paths }) => `${name} is not at ${paths.join(" or ")}. ${advice}`).join("\n"));
  }
}

/** @param {Part[]} parts */
function missingOf(parts) {
  return parts.filter(({ paths }) => !paths.some((path) => existsSync(path)));
}

/**
 * What to put before a command so that it runs as root without a password; `undefined` if there is no way.
 *
 * @returns {string[] | undefined}
 */
function rootPrefix() {
  if (spawnSync("apt-get", ["--version"]).status !== 0) return undefined;
  if (process.getuid?.() === 0) return [];
  return spawnSync("sudo", ["--non-interactive", "true"]).status === 0 ? ["sudo", "--non-interactive"] : undefined;
}
