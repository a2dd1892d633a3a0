import { describe, expect, it } from "vitest";
import { count } from "./count.mjs";
import { installMissingParts } from "./parts.mjs";

const run = { exitCode: 0, root: "/repo", node: 20, isWhole: true, skips: [] };

function file(status: string, ...tests: string[]) {
  return {
    name: "/repo/tests/a.test.ts",
    status,
    assertionResults: tests.map((status, index) => ({ fullName: `test ${index}`, status })),
  };
}

describe("count", () => {
  it("adds up passed and failed tests", () => {
    const report = { testResults: [file("passed", "passed", "passed"), file("failed", "passed", "failed")] };
    expect(count(report, { ...run, exitCode: 1 })).toEqual({ passed: 3, failed: 1, notes: [] });
  });

  it("counts a file that does not load as one failure", () => {
    expect(count({ testResults: [file("failed")] }, { ...run, exitCode: 1 })).toMatchObject({ passed: 0, failed: 1 });
  });

  it.each(["skipped", "pending", "todo"])("counts an undeclared %s test as failed", (status) => {
    const counted = count({ testResults: [file("passed", "passed", status)] }, run);
    expect(counted).toMatchObject({ passed: 1, failed: 1 });
    expect(counted.notes).toEqual([expect.stringContaining(`tests/a.test.ts: "test 1" is ${status}`)]);
  });

  it("leaves a declared skip out, on the Node it is declared for", () => {
    const report = { testResults: [file("passed", "passed", "skipped")] };
    const skips = [{ file: "tests/a.test.ts", tests: /^test 1$/, node: 20, because: "…" }];
    expect(count(report, { ...run, skips })).toMatchObject({ passed: 1, failed: 0 });
    expect(count(report, { ...run, skips, node: 24 })).toMatchObject({ passed: 1, failed: 1 });
  });

  it("leaves a declared skip out on every Node, if none is named", () => {
    const report = { testResults: [file("passed", "skipped", "skipped")] };
    const skips = [{ file: "tests/a.test.ts", tests: /^test 1$/, because: "…" }];
    expect(count(report, { ...run, skips })).toMatchObject({ passed: 0, failed: 1 });
    expect(count(report, { ...run, skips, node: 24 })).toMatchObject({ passed: 0, failed: 1 });
  });

  it("does not judge skips of a filtered run, where Vitest reports what was filtered out as skipped", () => {
    const report = { testResults: [file("passed", "passed", "skipped")] };
    expect(count(report, { ...run, isWhole: false })).toMatchObject({ passed: 1, failed: 0 });
  });

  it("counts a run that failed without a failed test, as for an unhandled rejection", () => {
    const report = { testResults: [file("passed", "passed")] };
    expect(count(report, { ...run, exitCode: 1 })).toMatchObject({ passed: 1, failed: 1 });
    expect(count(report, { ...run, exitCode: null })).toMatchObject({ passed: 1, failed: 1 });
  });
});

describe("parts from outside", () => {
  it("does nothing when all are there", () => {
    expect(() =>
      installMissingParts([{ name: "Node", paths: ["/nowhere", process.execPath], apt: "nodejs" }]),
    ).not.toThrow();
  });
});
