import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { rowsOf } from "./markdown.mjs";
import { filesUnder, ROOT, read } from "./tree.mjs";

/**
 * Gate: the errors that the code knows and those that the docs explain are the same. Documented is what has a row in a
 * table of `docs/` whose columns begin with `code` and `status`.
 *
 * @type {import("../check.mjs").Gate}
 */
export const errors = async () => {
  const { ERRORS } = await import(pathToFileURL(join(ROOT, "packages/server/dist/errors.js")).href);
  const pages = filesUnder("docs", /\.md$/);
  const rows = pages.flatMap((page) => rowsOf(read(page), "code"));
  return {
    checked: `${Object.keys(ERRORS).length} codes, ${rows.length} rows in docs/`,
    problems: errorProblems(ERRORS, rows),
  };
};

/**
 * @param {Record<string, { status: number }>} known
 * @param {string[][]} rows
 * @returns {string[]}
 */
export function errorProblems(known, rows) {
  const documented = new Map(rows.map(([code = "", status = ""]) => [code.replaceAll("`", ""), Number(status)]));
  return [
    ...Object.keys(known)
      .filter((code) => !documented.has(code))
      .map((code) => `${code} is in packages/server/src/errors.ts, but has no row in docs/`),
    ...[...documented].flatMap(([code, status]) => {
      if (!Object.hasOwn(known, code))
        return [`${code} has a row in docs/, but is not in packages/server/src/errors.ts`];
      return known[code]?.status === status ? [] : [`${code} answers ${known[code]?.status}, docs/ says ${status}`];
    }),
  ];
}
