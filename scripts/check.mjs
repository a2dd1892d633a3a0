import { agents } from "./check/agents.mjs";
import { build } from "./check/build.mjs";
import { configSchema } from "./check/config-schema.mjs";
import { errors } from "./check/errors.mjs";
import { format } from "./check/format.mjs";
import { globals } from "./check/globals.mjs";
import { imports } from "./check/imports.mjs";
import { links } from "./check/links.mjs";
import { lockfile } from "./check/lockfile.mjs";
import { packages } from "./check/packages.mjs";
import { sizes } from "./check/sizes.mjs";
import { snippets } from "./check/snippets.mjs";
import { types } from "./check/types.mjs";
import { words } from "./check/words.mjs";

/**
 * @typedef {object} Result what one gate found
 * @property {string} checked what was looked at, with numbers, so that a gate that saw nothing is noticed
 * @property {string[]} problems one text per violation, each naming the place and the way out; none means passed
 */

/** @typedef {() => Result | Promise<Result>} Gate */

/**
 * Every gate, in running order: `build` comes first because `packages`, `sizes`, `errors` and `configSchema` look at what it builds.
 *
 * @type {Record<string, Gate>}
 */
const GATES = {
  build,
  types,
  format,
  imports,
  globals,
  words,
  errors,
  configSchema,
  agents,
  links,
  snippets,
  lockfile,
  sizes,
  packages,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(GATES, name));
if (unknown.length > 0) {
  console.error(`No gate ${unknown.join(", ")}. Gates: ${Object.keys(GATES).join(", ")}.`);
  process.exit(2);
}

let failed = 0;
const chosen = Object.entries(GATES).filter(([name]) => wanted.length === 0 || wanted.includes(name));
for (const [name, gate] of chosen) {
  const { checked, problems } = await attempt(gate);
  console.log(`${problems.length === 0 ? "ok  " : "FAIL"} ${name.padEnd(9)} ${checked}`);
  for (const problem of problems) console.log(problem.replace(/^/gm, "       "));
  if (problems.length > 0) failed++;
}
console.log(`${chosen.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/**
 * A gate that throws has failed; the gates after it still run.
 *
 * @param {Gate} gate
 * @returns {Promise<Result>}
 */
async function attempt(gate) {
  try {
    return await gate();
  } catch (error) {
    return {
      checked: "broke off",
      problems: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
    };
  }
}
