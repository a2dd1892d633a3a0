import { existsSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { anchorsOf, withoutCode } from "./markdown.mjs";
import { filesUnder, ROOT, read } from "./tree.mjs";

/** Inline links and images, reference definitions, and HTML attributes. */
const TARGETS = [/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g, /^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)/gm, /\b(?:href|src)="([^"]+)"/g];

/** Gate: every relative link in a Markdown page leads to a file and an anchor that exist. @type {import("../check.mjs").Gate} */
export const links = () => {
  const pages = filesUnder("", /\.md$/);
  let count = 0;
  const problems = pages.flatMap((page) => {
    const targets = linksOf(read(page));
    count += targets.length;
    return targets.flatMap((target) => brokenLink(page, target) ?? []);
  });
  return { checked: `${count} relative links in ${pages.length} pages`, problems };
};

/**
 * The relative targets of a page's links, as written.
 *
 * @param {string} text
 * @returns {string[]}
 */
export function linksOf(text) {
  const prose = withoutCode(text);
  return TARGETS.flatMap((pattern) => [...prose.matchAll(pattern)].map(([, target = ""]) => target)).filter(
    (target) => !/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target),
  );
}

/**
 * @param {string} page
 * @param {string} target
 * @returns {string | undefined}
 */
function brokenLink(page, target) {
  const [path = "", anchor] = decodeURI(target).split("#");
  const file = path === "" ? page : posix.join(path.startsWith("/") ? "" : posix.dirname(page), path);
  if (!existsSync(join(ROOT, file))) return `${page}: ${target} leads nowhere`;
  if (anchor === undefined || !file.endsWith(".md") || statSync(join(ROOT, file)).isDirectory()) return undefined;
  return anchorsOf(read(file)).has(anchor) ? undefined : `${page}: ${target}: ${file} has no heading #${anchor}`;
}
