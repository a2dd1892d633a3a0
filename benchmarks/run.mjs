// All rows, or those named: node benchmarks/run.mjs [row...] [--quick] [--rounds 5] [--peer name=command]
// A row that fails does not stop the others; what it gave is written when it ends. The exit code is 1 if one of ours is void.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { oursOf } from "./lib/figures.mjs";
import { save, toTables } from "./lib/report.mjs";
import { addPeer } from "./lib/servers.mjs";
import { client } from "./rows/client.mjs";
import { compression } from "./rows/compression.mjs";
import { fanOut } from "./rows/fan-out.mjs";
import { growth } from "./rows/growth.mjs";
import { idle } from "./rows/idle.mjs";
import { inProcess } from "./rows/in-process.mjs";
import { latency } from "./rows/latency.mjs";
import { parse } from "./rows/parse.mjs";
import { publish } from "./rows/publish.mjs";
import { react } from "./rows/react.mjs";
import { replay } from "./rows/replay.mjs";
import { slowReaders } from "./rows/slow-readers.mjs";
import { wide } from "./rows/wide.mjs";

const rows = {
  "fan-out": fanOut,
  wide,
  latency,
  idle,
  replay,
  "slow-readers": slowReaders,
  publish,
  "in-process": inProcess,
  compression,
  growth,
  parse,
  client,
  react,
};
/** Tables of its own: what the disk does is no ratio. */
const apart = ["store"];
/** What a round of each takes on two cores, in seconds: for those who wait. */
const SECONDS_A_ROUND = {
  "fan-out": 27,
  wide: 39,
  latency: 70,
  idle: 63,
  replay: 32,
  "slow-readers": 11,
  publish: 15,
  "in-process": 22,
  compression: 24,
  growth: 13,
  parse: 15,
  client: 4,
  react: 150,
  store: 6,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    peer: { type: "string", multiple: true, default: [] },
  },
});
const unknown = positionals.find((name) => !Object.hasOwn(rows, name) && !apart.includes(name));
if (unknown !== undefined) {
  console.error(`There is no row "${unknown}". There are ${[...Object.keys(rows), ...apart].join(", ")}.`);
  process.exit(2);
}
const quick = values.quick === true;
const rounds = Number(values.rounds ?? (quick ? 1 : 5));
for (const peer of values.peer ?? []) addPeer(String(peer));

if (!existsSync(new URL("peers/node_modules", import.meta.url))) {
  const folder = fileURLToPath(new URL("peers", import.meta.url));
  if (spawnSync("npm", ["ci", "--no-engine-strict"], { cwd: folder, stdio: "inherit" }).status !== 0) process.exit(1);
}
const chosen = positionals.length > 0 ? positionals : [...Object.keys(rows), ...apart];
const estimate = chosen.reduce(
  (sum, name) => sum + SECONDS_A_ROUND[/** @type {keyof typeof rows} */ (name)] * rounds,
  0,
);
console.log(`${chosen.join(", ")}: about ${Math.ceil(estimate / 60)} minutes\n`);
const failed = [];
for (const [name, measure] of Object.entries(rows)) {
  if (!chosen.includes(name)) continue;
  const started = performance.now();
  try {
    const results = await measure({ rounds, quick });
    console.log(toTables(results));
    // A first look is no result.
    if (!quick) save(name, { rounds, seconds: (performance.now() - started) / 1000, results }, Object.keys(rows));
    // A peer that is void is a result; ours is a failure.
    if (results.some((row) => oursOf(row).some((ours) => row.samples[ours]?.length === 0))) failed.push(name);
  } catch (error) {
    console.error(`${name} failed:`, error);
    failed.push(name);
  }
  console.log(`${name}: ${Math.round((performance.now() - started) / 1000)} s\n`);
}
for (const name of apart.filter((name) => chosen.includes(name))) {
  const script = fileURLToPath(new URL(`${name}/bench.mjs`, import.meta.url));
  const { status } = spawnSync(process.execPath, [script], { stdio: "inherit" });
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`Void or failed: ${failed.join(", ")}`);
  process.exitCode = 1;
}
