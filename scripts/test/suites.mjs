/**
 * Suites that run once, on the first Node: what they show does not depend on the Node version. By glob, with the reason.
 *
 * @type {Record<string, string>}
 */
export const NODE_INDEPENDENT = {
  "scripts/**": "tests of the gates, which run on one Node only",
  "packages/hub/test/page/**": "the page in Chromium, and its model; Node only serves it",
  "packages/react/test/browser.test.ts": "hooks in Chromium; Node only serves them",
  "packages/client/test/share/**": "tabs of Chromium; Node only serves them",
  "packages/client/test/connect/chromium.test.ts": "connect in pages and workers; Node only serves them",
  "packages/client/test/connect/page.test.ts": "connect in a page; Node only serves it",
  "tests/proxies.test.ts": "proxies and Chromium; the hub behind them has suites of its own",
  "examples/{get-message,living-room,movies}/**": "pages in Chromium; the servers behind them have suites of their own",
};

/**
 * @typedef {object} DeclaredSkip
 * @property {string} file from the repository's root
 * @property {RegExp} tests the full names it allows
 * @property {number} [node] the major version on which they are skipped; without it, on all
 * @property {string} because
 */

/**
 * Tests that may be skipped. Any other skipped or todo test counts as failed: a skip that nobody sees is a test that
 * nobody has.
 *
 * @type {DeclaredSkip[]}
 */
export const SKIPS = [
  {
    file: "packages/server/test/stores/memory.test.ts",
    tests: /\(not applicable: memory (cannot be copied and put back|is in one process)\)$/,
    because: "cases of the conformance suite about copies and other processes; SQLite runs them",
  },
];
