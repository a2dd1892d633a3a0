// Parses the same streams with each contender and prints a Markdown table.
//   node benchmarks/parse/bench.mjs [rounds] [workload...]
// Each measurement is a process of its own; contenders take turns, so that a busy machine slows all of them alike.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { workloads } from "./workloads.mjs";

const CONTENDER = fileURLToPath(new URL("contender.mjs", import.meta.url));
const contenders = ["@tidings/wire", "eventsource-parser"];

const [rounds = "5", ...chosen] = process.argv.slice(2);
const names = chosen.length > 0 ? chosen : Object.keys(workloads);

console.log(
  `Node ${process.versions.node}, ${rounds} rounds: median (lowest to highest), million events per second of processor time.\n`,
);
console.log(`| stream | ${contenders.join(" | ")} | ratio | ${contenders[0]}, MB/s |`);
console.log(`|---|${contenders.map(() => "--:").join("|")}|--:|--:|`);
for (const name of names) {
  /** @type {{ events: number, bytes: number }[][]} */
  const results = contenders.map(() => []);
  for (let round = 0; round < Number(rounds); round++) {
    for (const [index, contender] of contenders.entries()) {
      results[index].push(
        JSON.parse(execFileSync(process.execPath, [CONTENDER, contender, name], { encoding: "utf8" })),
      );
    }
  }
  const rates = results.map((rows) => rows.map(({ events }) => events / 1e6).sort((a, b) => a - b));
  const [ours, theirs] = rates.map(median);
  const bytes = median(results[0].map((row) => row.bytes / 1e6).sort((a, b) => a - b));
  const cells = rates.map((sorted) => `${short(median(sorted))} (${short(sorted[0])} to ${short(sorted.at(-1) ?? 0)})`);
  console.log(
    `| ${workloads[name].title} | ${cells.join(" | ")} | ${(ours / theirs).toFixed(2)} | ${bytes.toFixed(0)} |`,
  );
}

/** @param {number[]} sorted */
function median(sorted) {
  return sorted[Math.floor(sorted.length / 2)];
}

/** @param {number} value */
function short(value) {
  return value.toPrecision(3);
}
