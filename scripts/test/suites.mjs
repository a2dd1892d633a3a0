/**
 * Suites that run once, on the first Node: what they show does not depend on the Node version. By glob, with the reason.
 *
 * @type {Record<string, string>}
 */
export const NODE_INDEPENDENT = {
  "tests/deploy.test.ts": "starts the hub by the node of the PATH, whichever Node runs it",
  "scripts/**": "tests of the gates, which run on one Node only",
  "benchmarks/**": "tests of the load generator, which is in C",
  "packages/hub/test/page/**": "the page in Chromium, and its model; Node only serves it",
  "packages/react/test/browser.test.ts": "hooks in browsers; Node only serves them",
  "packages/client/test/share/**": "tabs of browsers; Node only serves them",
  "packages/client/test/event-source/wpt.browsers.test.ts": "EventSource in pages and workers; Node only serves them",
  "packages/client/test/connect/*.browsers.test.ts": "connect in pages and workers; Node only serves them",
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
  {
    file: "packages/client/test/connect/everywhere.browsers.test.ts",
    tests: /^Firefox .* a server that cuts before it answers$/,
    because: "Firefox sends such a request again by itself, and the page hears nothing of it",
  },
  {
    file: "packages/client/test/connect/pages.browsers.test.ts",
    tests: /^Firefox left and come back to/,
    because: "Firefox keeps no page that has a request under way when it is left",
  },
  {
    file: "packages/client/test/share/tabs.test.ts",
    tests: /^Firefox a (leader that crashes|leader that is frozen|tab that is frozen)/,
    because: "to crash and to freeze a tab is asked for in Chromium's own protocol",
  },
  {
    file: "tests/browsers.test.ts",
    tests: /^Firefox a heartbeat of an id alone/,
    because: "Firefox takes an id only together with data; wpt.browsers.test.ts holds it to that",
  },
  {
    file: "tests/docs/browser.test.ts",
    tests: /^Firefox (a browser takes the id of a heartbeat|the console says)/,
    because: "Firefox takes an id only together with data; and the console's words are quoted from Chromium",
  },
];
