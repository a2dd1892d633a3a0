// All rows, or those named: node benchmarks/run.mjs [row...] [--quick] [--rounds 5] [--peer name=command]
// Those of `apart` have a script and a README of their own; what else is given goes to it.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { save, toTables } from "./lib/report.mjs";
import { addPeer } from "./lib/servers.mjs";
import { compression } from "./rows/compression.mjs";
import { fanOut } from "./rows/fan-out.mjs";
import { growth } from "./rows/growth.mjs";
import { idle } from "./rows/idle.mjs";
import { inProcess } from "./rows/in-process.mjs";
import { latency } from "./rows/latency.mjs";
import { publish } from "./rows/publish.mjs";
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
};
const apart = ["parse", "store", "client", "react"];

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
  if (spawnSync("npm", ["ci"], { cwd: folder, stdio: "inherit" }).status !== 0) process.exit(1);
}
const chosen = positionals.length > 0 ? positionals : [...Object.keys(rows), ...apart];
for (const [name, measure] of Object.entries(rows)) {
  if (!chosen.includes(name)) continue;
  const results = await measure({ rounds, quick });
  console.log(toTables(results));
  // A first look is no result.
  if (!quick) save(name, rounds, results);
}
for (const name of apart.filter((name) => chosen.includes(name))) {
  const script = fileURLToPath(new URL(`${name}/bench.mjs`, import.meta.url));
  const { status } = spawnSync(process.execPath, [script], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
