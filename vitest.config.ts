import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// Tests import the packages by name, built, as a user does (`npm test` builds first); tests of an inner part import its
// source file.
export default defineConfig({
  test: {
    include: ["packages/*/test/**", "tests/**", "scripts/**", "examples/*", "benchmarks/*"].map(
      (folder) => `${folder}/*.test.ts`,
    ),
    // Vitest's own choice is one worker on two cores; most suites wait for sockets, disks and browsers. Three there are a sixth
    // faster than two.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    // In CI, on machines that others use too, browsers and kills have bad moments. A test that needs another try is marked
    // "retry" in the report, and is a defect to look at; three failures are a failure.
    retry: process.env.CI ? 2 : 0,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // What a test waits for comes or does not; one second, the default, would ask how busy the machine is.
    expect: { poll: { timeout: 15_000, interval: 20 } },
  },
});
