import { median, show, spread } from "./figures.mjs";

const WIDTH = 720;
const LEFT = 150;
const BAR = 22;
const GAP = 12;
const TOP = 44;

/**
 * A row as bars, one a contender, with the spread of its samples as a line. Readable on light and on dark.
 *
 * @param {import("./figures.mjs").Row} row
 * @returns {string} an SVG document
 */
export function plotBars({ title, figure, better, samples }) {
  const names = Object.keys(samples).filter((name) => samples[name]?.length !== 0);
  const most = Math.max(...names.map((name) => spread(samples[name] ?? [], figure)[1] ?? 0));
  const scale = (/** @type {number} */ value) => ((WIDTH - LEFT - 110) * value) / most;
  const bars = names.map((name, at) => {
    const list = samples[name] ?? [];
    const value = median(list, figure)[figure] ?? 0;
    const [lowest = 0, highest = 0] = spread(list, figure);
    const y = TOP + at * (BAR + GAP);
    const middle = y + BAR / 2;
    return `<text x="${LEFT - 10}" y="${middle + 4}" text-anchor="end">${toMarkup(name)}</text>
<rect x="${LEFT}" y="${y}" width="${Math.max(1, scale(value)).toFixed(1)}" height="${BAR}" rx="3" fill="${at === 0 ? "#e8590c" : "#868e96"}"/>
<line x1="${(LEFT + scale(lowest)).toFixed(1)}" x2="${(LEFT + scale(highest)).toFixed(1)}" y1="${middle}" y2="${middle}" stroke="#343a40" stroke-width="2"/>
<text x="${(LEFT + scale(highest) + 8).toFixed(1)}" y="${middle + 4}">${show(value)}</text>`;
  });
  const height = TOP + names.length * (BAR + GAP) + 8;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="13" fill="#868e96">
<text x="0" y="18" font-size="15" font-weight="600">${toMarkup(title)}</text>
<text x="${WIDTH}" y="18" text-anchor="end">${toMarkup(figure)}; ${better} is better</text>
${bars.join("\n")}
</svg>
`;
}

/** @param {string} text */
function toMarkup(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
