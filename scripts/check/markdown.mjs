/**
 * A Markdown text with code blocks, inline code and comments emptied, so that nothing in them is taken for a link or a
 * heading. Lines keep their numbers.
 *
 * @param {string} text
 * @returns {string}
 */
export function withoutCode(text) {
  return text
    .replace(/^( *)(```+|~~~+)[^\n]*\n[\s\S]*?^\1\2[^\n]*$/gm, blank)
    .replace(/<!--[\s\S]*?-->/g, blank)
    .replace(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, blank);
}

/**
 * The anchors that GitHub gives a page: those of its headings, and those written as HTML.
 *
 * @param {string} text
 * @returns {Set<string>}
 */
export function anchorsOf(text) {
  /** @type {Set<string>} */
  const anchors = new Set();
  const fencesOut = text.replace(/^( *)(```+|~~~+)[^\n]*\n[\s\S]*?^\1\2[^\n]*$/gm, "");
  for (const [, heading = ""] of fencesOut.matchAll(/^#{1,6} +(.+?)(?: +#+)? *$/gm)) {
    const slug = slugOf(heading);
    let anchor = slug;
    for (let copy = 1; anchors.has(anchor); copy++) anchor = `${slug}-${copy}`;
    anchors.add(anchor);
  }
  for (const [, anchor = ""] of fencesOut.matchAll(/<[a-z]+ [^>]*\b(?:id|name)="([^"]+)"/g)) anchors.add(anchor);
  return anchors;
}

/**
 * The body rows of all tables whose first column is headed so, as cells without their outer spaces.
 *
 * @param {string} text
 * @param {string} firstHeading compared without regard to case
 * @returns {string[][]}
 */
export function rowsOf(text, firstHeading) {
  /** @type {string[][]} */
  const rows = [];
  let heading;
  for (const line of text.split("\n")) {
    if (!line.startsWith("|")) heading = undefined;
    else if (/^\|[-: |]+\|$/.test(line)) continue;
    else if (heading === undefined) heading = cellsOf(line)[0]?.toLowerCase();
    else if (heading === firstHeading.toLowerCase()) rows.push(cellsOf(line));
  }
  return rows;
}

/** @param {string} line */
function cellsOf(line) {
  return line
    .replace(/^\||\|\s*$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

/** @param {string} heading */
function slugOf(heading) {
  return heading
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/<[^>]+>/g, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, "")
    .replaceAll(" ", "-");
}

/** @param {string} text */
function blank(text) {
  return text.replace(/[^\n]/g, "");
}
