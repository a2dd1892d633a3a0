// A Node 24 beside the Node that runs this, for the suites and benchmarks that need both.
//   node scripts/node24.mjs              prints the path of the binary
//   node scripts/node24.mjs --version    runs it with these arguments
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Pinned, so that a measurement or a failure can be repeated. */
const VERSION = "24.9.0";
const CACHE = fileURLToPath(new URL("../node_modules/.cache/node24/", import.meta.url));

/**
 * The path of a Node 24 binary, installed from npm into `node_modules/.cache/node24` if it is not there yet.
 *
 * @returns {string}
 */
export function node24() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const binary = join(CACHE, "node_modules", name, "bin", platform === "win" ? "node.exe" : "node");
  if (existsSync(binary)) return binary;

  mkdirSync(CACHE, { recursive: true });
  const install = ["install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--prefix", CACHE];
  const { status, stderr } = spawnSync("npm", [...install, `${name}@${VERSION}`], {
    encoding: "utf8",
    shell: platform === "win",
  });
  if (status !== 0 || !existsSync(binary)) throw new Error(`npm could not install ${name}@${VERSION}:\n${stderr}`);
  return binary;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  if (args.length === 0) console.log(node24());
  else process.exitCode = spawnSync(node24(), args, { stdio: "inherit" }).status ?? 1;
}
