import { median, show, spread } from "./figures.mjs";
import { toDocument, toMarkup, WIDTH } from "./plot.mjs";

const LEFT = 40;
const RIGHT = WIDTH - 130;
const TOP = 76;
const BOTTOM = 280;

/**
 * A row whose contenders are sizes, as a line over their powers of ten and from nought upwards, so that what does not grow is level.
 *
 * @param {import("./figures.mjs").Row} row
 * @returns {string} an SVG document
 */
export function plotCurve({ title, figure, better, samples, curve = "" }) {
  const points = Object.entries(samples)
    .filter(([, list]) => list.length > 0)
    .map(([size, list]) => {
      const [lowest = 0, highest = 0] = spread(list, figure);
      return { size: Number(size), value: median(list, figure), lowest, highest };
    });
  const logarithms = points.map(({ size }) => Math.log(size));
  const [least, most] = [Math.min(...logarithms), Math.max(...logarithms)];
  const top = Math.max(...points.map(({ highest }) => highest));
  const toX = (/** @type {number} */ size) => LEFT + ((RIGHT - LEFT) * (Math.log(size) - least)) / (most - least || 1);
  const toY = (/** @type {number} */ value) => BOTTOM - ((BOTTOM - TOP) * value) / top;
  const line = points.map(({ size, value }) => `${toX(size).toFixed(1)} ${toY(value).toFixed(1)}`).join("L");
  const marks = points.map(({ size, value, lowest, highest }) => {
    const x = toX(size).toFixed(1);
    return `<path d="M${x} ${toY(lowest).toFixed(1)}V${toY(highest).toFixed(1)}" class="ours"/>
<circle cx="${x}" cy="${toY(value).toFixed(1)}" r="4" class="ours"/>
<text x="${x}" y="${(toY(highest) - 10).toFixed(1)}" text-anchor="middle" class="title">${show(value)}</text>
<text x="${x}" y="${BOTTOM + 20}" text-anchor="middle">${size.toLocaleString("en")}</text>`;
  });
  const axis = `<path d="M${LEFT} ${BOTTOM}H${RIGHT}" class="theirs"/>
<text x="${RIGHT + 40}" y="${BOTTOM + 20}">${toMarkup(curve)}</text>`;
  const all = [axis, `<path d="M${line}" class="ours"/>`, ...marks].join("\n");
  return toDocument(BOTTOM + 34, title, `${figure}; ${better} is better`, all);
}
