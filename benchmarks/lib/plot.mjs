import { median, oursOf, show, spread } from "./figures.mjs";

export const WIDTH = 720;
const BAR = 22;
const GAP = 12;
const TOP = 58;
/** Of the figure behind a bar. */
const RIGHT = 110;
/** Of one character of a name, at the most. */
const CHARACTER = 7.2;

/** The reader's own colours: where an image is shown, its page's are not known. */
const STYLE = `<style>
text { fill: #59636e } .title { fill: #1f2328 } .ours { fill: #d9480f } .theirs { fill: #9aa4ae } line { stroke: #1f2328 }
path { stroke-width: 2 } path.ours { fill: none; stroke: #d9480f } path.theirs { fill: none; stroke: #9aa4ae }
@media (prefers-color-scheme: dark) { text { fill: #9198a1 } .title { fill: #f0f6fc } .ours { fill: #ff8c42 } .theirs { fill: #656c76 } line { stroke: #f0f6fc }
path.ours { stroke: #ff8c42 } path.theirs { stroke: #656c76 } }
</style>`;

/**
 * A row as bars, one a contender, with the spread of its samples as a line. Readable on light and on dark.
 *
 * @param {import("./figures.mjs").Row} row
 * @returns {string} an SVG document
 */
export function plotBars(row) {
  const { title, figure, better, samples } = row;
  const ours = oursOf(row);
  const names = Object.keys(samples).filter((name) => samples[name]?.length !== 0);
  const left = Math.ceil(Math.max(0, ...names.map(({ length }) => length)) * CHARACTER) + 14;
  const most = Math.max(...names.map((name) => spread(samples[name] ?? [], figure)[1] ?? 0));
  const scale = (/** @type {number} */ value) => ((WIDTH - left - RIGHT) * value) / most;
  const bars = names.map((name, at) => {
    const list = samples[name] ?? [];
    const value = median(list, figure);
    const [lowest = 0, highest = 0] = spread(list, figure);
    const y = TOP + at * (BAR + GAP);
    const middle = y + BAR / 2;
    return `<text x="${left - 10}" y="${middle + 4}" text-anchor="end">${toMarkup(name)}</text>
<rect x="${left}" y="${y}" width="${Math.max(1, scale(value)).toFixed(1)}" height="${BAR}" rx="3" class="${ours.includes(name) ? "ours" : "theirs"}"/>
<line x1="${(left + scale(lowest)).toFixed(1)}" x2="${(left + scale(highest)).toFixed(1)}" y1="${middle}" y2="${middle}" stroke-width="2"/>
<text x="${(left + scale(highest) + 8).toFixed(1)}" y="${middle + 4}">${show(value)}</text>`;
  });
  return toDocument(TOP + names.length * (BAR + GAP) + 8, title, `${figure}; ${better} is better`, bars.join("\n"));
}

/** @param {number} height @param {string} title @param {string} what is plotted @param {string} marks */
export function toDocument(height, title, what, marks) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="13">
${STYLE}
<text x="0" y="18" font-size="15" font-weight="600" class="title">${toMarkup(title)}</text>
<text x="0" y="38">${toMarkup(what)}</text>
${marks}
</svg>
`;
}

/** @param {string} text */
export function toMarkup(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
