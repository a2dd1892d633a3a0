import { existsSync } from "node:fs";
import { join } from "node:path";
import { filesUnder, ROOT, read } from "./tree.mjs";

/** `<!-- source: path#region -->` on the line before a fence: its content is that region, to the letter. */
const MARKED =
  /^<!-- source: (\S+?)(?:#(\S+))? -->\n```(?:ts|js|tsx|jsx|html|nginx|caddyfile|haproxy)\n([\s\S]*?)\n```$/gm;

/** A mark, in whatever surroundings: one that {@link MARKED} does not see is broken. */
const MARK = /^\s*<!-- *source:.*$/gm;

/**
 * Gate: code shown in the docs is code that runs. A fence marked with its source equals the named region of that file
 * (between `// #region name` and `// #endregion name`, indentation taken off), or the whole file.
 *
 * @type {import("../check.mjs").Gate}
 */
export const snippets = () => {
  const pages = filesUnder("", /\.md$/);
  const texts = pages.map((page) => read(page));
  const count = texts.reduce((sum, text) => sum + (text.match(MARK)?.length ?? 0), 0);
  const problems = pages.flatMap((page, index) =>
    snippetProblems(texts[index] ?? "", (path) => (existsSync(join(ROOT, path)) ? read(path) : undefined)).map(
      (problem) => `${page}: ${problem}`,
    ),
  );
  return { checked: `${count} marked snippets in ${pages.length} pages`, problems };
};

/**
 * @param {string} text of a page
 * @param {(path: string) => string | undefined} sourceOf
 * @returns {string[]}
 */
export function snippetProblems(text, sourceOf) {
  const marked = [...text.matchAll(MARKED)];
  const problems = marked.flatMap(([, path = "", region, shown = ""]) => {
    const place = region === undefined ? path : `${path}#${region}`;
    const source = sourceOf(path);
    if (source === undefined) return [`${place}: no such file`];
    const expected = region === undefined ? source.trimEnd() : regionOf(source, region);
    if (expected === undefined) return [`${place}: no "// #region ${region}" with its "// #endregion ${region}"`];
    return expected === shown ? [] : [`${place} is shown differently from what it is now:\n${expected}`];
  });
  const broken = (text.match(MARK)?.length ?? 0) - marked.length;
  return broken === 0 ? problems : [...problems, `${broken} source marks without a code fence right after them`];
}

/**
 * @param {string} source
 * @param {string} name
 * @returns {string | undefined}
 */
function regionOf(source, name) {
  const lines = source.split("\n");
  const from = lines.findIndex((line) => line.trim() === `// #region ${name}`);
  const to = lines.findIndex((line) => line.trim() === `// #endregion ${name}`);
  if (from < 0 || to < from) return undefined;
  const region = lines.slice(from + 1, to).filter((line) => !/^\s*\/\/ #(end)?region /.test(line));
  const indents = region.filter((line) => line.trim() !== "").map((line) => line.search(/\S/));
  const indent = Math.min(...indents);
  return region.map((line) => line.slice(indent)).join("\n");
}
