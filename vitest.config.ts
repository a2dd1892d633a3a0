import { defineConfig } from "vitest/config";

// Tests import the packages by name, built, as a user does (`npm test` builds first); tests of an inner part import its
// source file.
export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "tests/**/*.test.ts", "scripts/**/*.test.ts", "examples/*/*.test.ts"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
