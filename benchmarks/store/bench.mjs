// What the stores take: node benchmarks/store/bench.mjs [--seconds 2] [--directory <on the disk to measure>]
// Each measurement runs in a process of its own, one after the other. README.md says what they mean.
import { execFileSync } from "node:child_process";
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "2" },
    directory: { type: "string", default: tmpdir() },
  },
});

const MEASURE = fileURLToPath(new URL("measure.mjs", import.meta.url));
const STORES = ["memory", "sqlite"];
const MEASUREMENTS = ["one-by-one", "64-publishers", "batches-of-100", "5000-a-second"];

const directory = mkdtempSync(join(values.directory, "tidings-bench-"));
try {
  console.log(`Node ${process.versions.node}; one fsync of 4 KiB takes ${measureFsync().toFixed(2)} ms (median)\n`);
  console.log("| store | measurement | appends/s | event loop delay, p50 / p99 / max |");
  console.log("|---|---|--:|--:|");
  for (const measurement of MEASUREMENTS) {
    for (const store of STORES) {
      const path = join(directory, `${measurement}.db`);
      const output = execFileSync(process.execPath, [MEASURE, store, measurement, values.seconds, path]);
      const { rate, delay } = JSON.parse(output.toString());
      const delays = [delay.p50, delay.p99, delay.max].map((each) => each.toFixed(1)).join(" / ");
      // Where publishers go round as fast as they can, the loop is delayed by them, not by the store.
      const shown = measurement === "5000-a-second" ? `${delays} ms` : "";
      console.log(`| ${store} | ${measurement} | ${rate.toLocaleString("en")} | ${shown} |`);
    }
  }
} finally {
  rmSync(directory, { recursive: true });
}

/** The floor under every acknowledged append, whatever the database. */
function measureFsync() {
  const file = openSync(join(directory, "fsync"), "w");
  const times = Array.from({ length: 50 }, () => {
    const start = performance.now();
    writeSync(file, Buffer.alloc(4096));
    fsyncSync(file);
    return performance.now() - start;
  });
  closeSync(file);
  return times.sort((a, b) => a - b)[25] ?? 0;
}
