import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// Tests import the packages by name, built, as a user does (`npm test` builds first); tests of an inner part import its
// source file.
export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "tests/**/*.test.ts", "scripts/**/*.test.ts", "examples/*/*.test.ts"],
    // Vitest's own choice is one worker on two cores; most suites wait for sockets, disks and browsers.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // What a test waits for comes or does not; one second, the default, would ask how busy the machine is.
    expect: { poll: { timeout: 15_000, interval: 20 } },
  },
});
