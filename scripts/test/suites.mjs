/**
 * Suites that run once, on the first Node: what they show does not depend on the Node version. By glob, with the reason.
 *
 * @type {Record<string, string>}
 */
export const NODE_INDEPENDENT = {
  "scripts/**": "tests of the gates, which run on one Node only",
};

/**
 * Tests that may be skipped. Any other skipped or todo test counts as failed: a skip that nobody sees is a test that
 * nobody has.
 *
 * @typedef {object} DeclaredSkip
 * @property {string} file from the repository's root
 * @property {string} test its full name
 * @property {number} node the major version on which it is skipped
 * @property {string} because
 */

/** @type {DeclaredSkip[]} */
export const SKIPS = [];
