import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { count } from "./count.mjs";
import { SKIPS } from "./suites.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const VITEST = join(ROOT, "node_modules", "vitest", "vitest.mjs");

/**
 * Runs suites on one Node, showing Vitest's own report, and counts from its JSON one.
 *
 * @param {object} options
 * @param {string} options.node path of the binary; also the `node` that suites find on their PATH
 * @param {string[]} options.filters for Vitest
 * @param {boolean} options.isWhole nothing is filtered
 * @param {string[]} [options.leaveOut] globs of suites not to run
 * @param {string[]} [options.browsers] names of those that suites run in; all unless given
 * @returns {Promise<import("./count.mjs").Count>}
 */
export async function runSuites({ node, filters, isWhole, leaveOut = [], browsers }) {
  const version = spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim();
  console.log(`\nNode ${version}`);
  const folder = mkdtempSync(join(tmpdir(), "tidings-test-"));
  const file = join(folder, "report.json");
  try {
    const exitCode = await runVitest(
      node,
      [
        ...["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`],
        ...leaveOut.map((glob) => `--exclude=${glob}`),
        ...filters,
      ],
      browsers === undefined ? {} : { TIDINGS_BROWSERS: browsers.join(" ") },
    );
    if (!existsSync(file)) return { passed: 0, failed: 1, notes: [`FAIL Vitest ended with ${exitCode} and no report`] };
    const major = Number.parseInt(version.slice(1), 10);
    const report = JSON.parse(readFileSync(file, "utf8"));
    return count(report, { exitCode, root: ROOT, node: major, isWhole, skips: SKIPS });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * @param {string} node
 * @param {string[]} args
 * @param {Record<string, string>} more of the environment
 * @returns {Promise<number | null>}
 */
function runVitest(node, args, more) {
  const env = { ...process.env, ...more, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
  return new Promise((resolve, reject) => {
    const child = spawn(node, [VITEST, ...args], { cwd: ROOT, env, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", reject);
    child.on("exit", resolve);
  });
}
