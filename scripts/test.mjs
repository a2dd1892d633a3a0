// npm test                           builds; then every suite on this Node, and again on Node 24
// npm test -- packages/wire -t BOM   builds; then what Vitest makes of these arguments, on this Node
// npm test -- --node24 [...]         the same on Node 24
// The last line says how it went: `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { node24 } from "./node24.mjs";
import { installMissingParts } from "./test/parts.mjs";
import { NODE_INDEPENDENT } from "./test/suites.mjs";
import { runSuites } from "./test/vitest.mjs";

const args = process.argv.slice(2);
const only24 = args.includes("--node24");
const filters = args.filter((arg) => arg !== "--node24");
const isWhole = args.length === 0;

try {
  installMissingParts();
  build();
  const runs = [];
  if (!only24) runs.push(await runSuites({ node: process.execPath, filters, isWhole }));
  if (only24) runs.push(await runSuites({ node: node24(), filters, isWhole }));
  if (isWhole && !isNode24()) {
    const leaveOut = Object.keys(NODE_INDEPENDENT);
    runs.push(await runSuites({ node: node24(), filters, isWhole, leaveOut, browsers: ["Chromium"] }));
  }
  for (const note of runs.flatMap(({ notes }) => notes)) console.log(note);
  const passed = runs.reduce((sum, run) => sum + run.passed, 0);
  const failed = runs.reduce((sum, run) => sum + run.failed, 0);
  finish(passed, failed);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  finish(0, 1);
}

/** Tests see the packages as their users do: built. */
function build() {
  const { status } = spawnSync("npm", ["run", "--silent", "build"], { stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error("The build failed, so no test ran.");
}

/** @returns {boolean} */
function isNode24() {
  return process.version.startsWith("v24.");
}

/**
 * @param {number} passed
 * @param {number} failed
 */
function finish(passed, failed) {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}
