import { relative } from "node:path";

/**
 * @typedef {object} Report the part of Vitest's JSON report that decides
 * @property {{ name: string, status: string, assertionResults: { fullName: string, status: string }[] }[]} testResults
 */

/** @typedef {{ passed: number, failed: number, notes: string[] }} Count `notes` explain what Vitest did not print */

/**
 * What a run comes to. Nothing that went wrong counts as nothing: a file that does not load is one failure, a skipped or
 * todo test that nobody declared is one, a run that fails without a failed test is one.
 *
 * @param {Report} report
 * @param {object} run
 * @param {number | null} run.exitCode of Vitest
 * @param {string} run.root files are named relative to it
 * @param {number} run.node major version
 * @param {boolean} run.isWhole skips are judged only if nothing was filtered, for Vitest reports a filtered test as skipped
 * @param {import("./suites.mjs").DeclaredSkip[]} run.skips
 * @returns {Count}
 */
export function count(report, { exitCode, root, node, isWhole, skips }) {
  let passed = 0;
  let failed = 0;
  const notes = [];
  for (const { name, status, assertionResults } of report.testResults) {
    const file = relative(root, name);
    const failedBefore = failed;
    for (const { fullName, status } of assertionResults) {
      if (status === "passed") passed++;
      else if (status === "failed") failed++;
      else if (isWhole && !isDeclared(file, fullName)) {
        failed++;
        notes.push(`FAIL ${file}: "${fullName}" is ${status}, but not declared in scripts/test/suites.mjs`);
      }
    }
    if (status === "failed" && failed === failedBefore) {
      failed++;
      notes.push(`FAIL ${file}: failed outside its tests`);
    }
  }
  if (exitCode !== 0 && failed === 0) {
    failed++;
    notes.push(`FAIL Vitest ended with ${exitCode} though no test failed`);
  }
  return { passed, failed, notes };

  /**
   * @param {string} file
   * @param {string} test
   */
  function isDeclared(file, test) {
    return skips.some((skip) => skip.file === file && skip.tests.test(test) && (skip.node ?? node) === node);
  }
}
