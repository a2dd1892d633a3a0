import { defineConfig } from "vitest/config";

// Tests run on the sources, so that a failure points at the line that is wrong; the built packages are checked by
// `npm run check` and by the examples, which import them as a user would.
export default defineConfig({
  resolve: { conditions: ["source"] },
  test: {
    include: ["packages/*/test/**/*.test.ts", "tests/**/*.test.ts", "scripts/**/*.test.ts"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
