import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { median, show, spread } from "./figures.mjs";
import { plotBars } from "./plot.mjs";

/** @typedef {import("./figures.mjs").Row} Row */
/** @typedef {{ row: string, date: string, machine: string, rounds: number, results: Row[] }} Saved */

const FOLDER = fileURLToPath(new URL("../results/", import.meta.url));

/**
 * Keeps what a row gave: the raw samples as JSON, a plot of each table, and all tables of all rows anew in README.md.
 *
 * @param {string} row
 * @param {number} rounds
 * @param {Row[]} results
 */
export function save(row, rounds, results) {
  mkdirSync(FOLDER, { recursive: true });
  const machine = `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}`;
  const saved = { row, date: new Date().toISOString().slice(0, 10), machine, rounds, results };
  writeFileSync(`${FOLDER}${row}.json`, `${JSON.stringify(saved, null, 1)}\n`);
  for (const [at, result] of results.entries()) writeFileSync(`${FOLDER}${plotName(row, at)}`, plotBars(result));
  writeFileSync(`${FOLDER}README.md`, allTables());
}

/** A row's tables, as Markdown. @param {Row[]} results @returns {string} */
export function toTables(results) {
  return results.map(toTable).join("\n");
}

/** @param {Row} row */
function toTable({ title, figure, better, columns, samples, voids = {}, targets = [] }) {
  const [ours = ""] = Object.keys(samples);
  const ourMedian = median(samples[ours] ?? [], figure)[figure] ?? Number.NaN;
  const lines = Object.entries(samples).map(([contender, list]) => {
    if (list.length === 0) return `| ${[contender, "void", ...columns.map(() => ""), "", ""].join(" | ")} |`;
    const middle = median(list, figure);
    const [lowest = 0, highest = 0] = spread(list, figure);
    const cells = columns.map((column) => show(middle[column] ?? Number.NaN));
    const times = ourMedian / (middle[figure] ?? Number.NaN);
    const ratio = contender === ours ? "" : `${show(times)}x`;
    return `| ${[contender, show(middle[figure] ?? Number.NaN), `${show(lowest)} to ${show(highest)}`, ...cells, ratio].join(" | ")} |`;
  });
  const reached = targets.map(
    ({ text, value, reached }) => `- ${reached ? "reached" : "**not reached**"}: asked ${text}, is ${show(value)}`,
  );
  return [
    `### ${title}`,
    "",
    `| | ${[figure, "spread", ...columns, `${ours} is`].join(" | ")} |`,
    `|---|${"---:|".repeat(columns.length + 3)}`,
    ...lines,
    "",
    `Of ${figure}, ${better} is better.`,
    ...Object.entries(voids).map(([contender, why]) => `\nVoid: ${contender}: \`${why.replaceAll("`", "'")}\``),
    ...(reached.length > 0 ? ["", ...reached] : []),
    "",
  ].join("\n");
}

function allTables() {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
  const rows = files.map((name) => /** @type {Saved} */ (JSON.parse(readFileSync(`${FOLDER}${name}`, "utf8"), revive)));
  const parts = rows.map(({ row, date, machine, rounds, results }) => {
    const plots = results.map((result, at) => `![${result.title}](${plotName(row, at)})`);
    const tables = results.map(toTable);
    return `## ${row}\n\n${date}, ${machine}, ${rounds} rounds, medians.\n\n${tables.map((table, at) => `${table}\n${plots[at]}\n`).join("\n")}`;
  });
  return `# Results\n\nWritten by \`npm run bench\`; raw samples are in the JSON files beside it. Method: [README](../README.md).\n\n${parts.join("\n")}`;
}

/** @param {string} key @param {unknown} value */
function revive(key, value) {
  return value === null && key !== "" ? Number.NaN : value;
}

/** @param {string} row @param {number} at */
function plotName(row, at) {
  return at === 0 ? `${row}.svg` : `${row}-${at + 1}.svg`;
}
