import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { median, oursOf, ratio, show, spread } from "./figures.mjs";
import { plotBars } from "./plot.mjs";
import { plotCurve } from "./plot-curve.mjs";

/** @typedef {import("./figures.mjs").Row} Row */
/** @typedef {{ row: string, date: string, machine: string, rounds: number, seconds?: number, results: Row[] }} Saved */

const FOLDER = fileURLToPath(new URL("../results/", import.meta.url));
const README = fileURLToPath(new URL("../README.md", import.meta.url));
/** Rows whose first plot README.md shows. */
const PLOTTED = ["fan-out", "compression", "growth"];
const [BEGIN, END] = ["<!-- What follows is written by npm run bench. -->", "<!-- End of what is written. -->"];

/**
 * Keeps what a row gave: the raw samples as JSON, a plot of each table; and writes the tables of all rows that were ever kept anew
 * to results/README.md, and what was asked and is to ../README.md. Other rows stay as they were.
 *
 * @param {string} row
 * @param {{ rounds: number, seconds: number, results: Row[] }} measured
 * @param {string[]} order of the rows
 */
export function save(row, measured, order) {
  mkdirSync(FOLDER, { recursive: true });
  const machine = `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}`;
  const saved = { row, date: new Date().toISOString().slice(0, 10), machine, ...measured };
  writeFileSync(`${FOLDER}${row}.json`, `${JSON.stringify(saved, null, 1)}\n`);
  for (const [at, result] of measured.results.entries()) {
    writeFileSync(`${FOLDER}${plotName(row, at)}`, result.curve === undefined ? plotBars(result) : plotCurve(result));
  }
  report(order);
}

/** Writes both README.md from what is kept. @param {string[]} order of the rows */
export function report(order) {
  const kept = readdirSync(FOLDER)
    .filter((name) => name.endsWith(".json"))
    .map((name) => /** @type {Saved} */ (JSON.parse(readFileSync(`${FOLDER}${name}`, "utf8"), revive)))
    .toSorted((a, b) => order.indexOf(a.row) - order.indexOf(b.row));
  writeFileSync(`${FOLDER}README.md`, allTables(kept));
  const readme = readFileSync(README, "utf8");
  const [before, after] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (before === -1 || after === -1) throw new Error(`benchmarks/README.md has lost the line "${BEGIN}" or "${END}"`);
  writeFileSync(README, `${readme.slice(0, before)}${BEGIN}\n\n${summary(kept)}\n${readme.slice(after)}`);
}

/** A row's tables, as Markdown. @param {Row[]} results @returns {string} */
export function toTables(results) {
  return results.map(toTable).join("\n");
}

/** @param {Row} row */
function toTable(row) {
  const { title, figure, better, columns, samples, voids = {}, targets = [], curve } = row;
  const hasRatios = curve === undefined;
  const [ours = ""] = oursOf(row);
  const lines = Object.entries(samples).map(([contender, list]) => {
    if (list.length === 0) return [contender, "void", "", ...columns.map(() => ""), ...(hasRatios ? [""] : [])];
    const value = median(list, figure);
    const [lowest = 0, highest = 0] = spread(list, figure);
    const times = contender === ours ? "" : `${show(ratio(samples, contender, figure, ours))}x`;
    const cells = columns.map((column) => show(median(list, column)));
    return [contender, show(value), `${show(lowest)} to ${show(highest)}`, ...cells, ...(hasRatios ? [times] : [])];
  });
  const head = [curve ?? "", figure, "spread", ...columns, ...(hasRatios ? [`${ours} is`] : [])];
  return [
    `### ${title}`,
    "",
    toLine(head),
    `|---|${"---:|".repeat(head.length - 1)}`,
    ...lines.map(toLine),
    "",
    `Of ${figure}, ${better} is better.`,
    ...Object.entries(voids).map(([contender, why]) => `\nVoid: ${contender}: \`${why.replaceAll("`", "'")}\``),
    ...(targets.length > 0 ? [""] : []),
    ...targets.map((target) => `- ${verdict(target)}: asked ${target.text}, is ${show(target.value)}`),
    "",
  ].join("\n");
}

/** @param {import("./figures.mjs").Target} target */
function verdict({ value, reached }) {
  if (Number.isNaN(value)) return "**not measured**";
  return reached ? "reached" : "**not reached**";
}

/** @param {Saved[]} kept */
function allTables(kept) {
  const parts = kept.map(({ row, date, machine, rounds, seconds, results }) => {
    const plots = results.map((result, at) => `![${result.title}](${plotName(row, at)})`);
    const tables = results.map((result, at) => `${toTable(result)}\n${plots[at]}\n`).join("\n");
    return `## ${row}\n\n${date}, ${machine}, ${rounds} rounds${seconds === undefined ? "" : ` in ${Math.round(seconds)} s`}, medians.\n\n${tables}`;
  });
  return `# Results\n\nWritten by \`npm run bench\`; raw samples are in the JSON files beside it. Method: [README](../README.md).\n\n${parts.join("\n")}`;
}

/** What was asked and what is, row by row. @param {Saved[]} kept */
function summary(kept) {
  const [{ date = "", machine = "" } = {}] = kept;
  const lines = kept.flatMap(({ row, results }) =>
    results.flatMap(({ title, targets = [] }) =>
      targets.map((target) =>
        toLine([`[${title}](results/README.md#${row})`, target.text, show(target.value), verdict(target)]),
      ),
    ),
  );
  const plots = kept.flatMap(({ row, results: [first] }) =>
    PLOTTED.includes(row) && first !== undefined ? [`![${first.title}](results/${plotName(row, 0)})`, ""] : [],
  );
  return [
    `${machine}, ${date}. Of every table: [results/](results/README.md).`,
    "",
    "| Row | Asked | Is | |",
    "|---|---|---:|---|",
    ...lines,
    "",
    ...plots,
  ].join("\n");
}

/** @param {string[]} cells */
function toLine(cells) {
  return `| ${cells.join(" | ")} |`;
}

/** @param {string} key @param {unknown} value */
function revive(key, value) {
  return value === null && key !== "" ? Number.NaN : value;
}

/** @param {string} row @param {number} at */
function plotName(row, at) {
  return at === 0 ? `${row}.svg` : `${row}-${at + 1}.svg`;
}
