// One measurement in this process: node measure.mjs <store> <measurement> <seconds> <file>; prints JSON.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import { sqlite } from "@tidings/server/sqlite";
import { memory } from "../../packages/server/dist/stores/memory.js";

const [kind, measurement = "", seconds, path = ""] = process.argv.slice(2);

const DATA = JSON.stringify({ symbol: "ACME", price: 101.25, volume: 12_345, note: "x".repeat(140) });
const MILLISECONDS = Number(seconds) * 1000;

const measurements = {
  /** Each waits for the one before: what a single careful publisher gets. */
  "one-by-one": () => publishUntil(until(MILLISECONDS), 1),

  /** As a hub under load: what comes during one commit goes into the next together. */
  async "64-publishers"() {
    const end = until(MILLISECONDS);
    const counts = await Promise.all(Array.from({ length: 64 }, () => publishUntil(end, 1)));
    return counts.reduce((sum, count) => sum + count, 0);
  },

  "batches-of-100": () => publishUntil(until(MILLISECONDS), 100),

  /** 50 publications every 10 ms, none waiting for another: is the event loop free for delivery meanwhile? */
  async "5000-a-second"() {
    const start = performance.now();
    const pending = [];
    for (let sent = 0; performance.now() - start < MILLISECONDS; ) {
      const due = Math.floor((performance.now() - start) * 5);
      for (; sent < due; sent++) pending.push(store.append([{ topic: `t/${sent % 50}`, data: DATA }]));
      await wait(10);
    }
    await Promise.all(pending);
    return pending.length;
  },
};

const store = kind === "memory" ? memory() : sqlite(path);
const { head } = await store.open({
  retention: { maxCount: 1_000_000 },
  now: Date.now,
  createEpoch: () => `bench${Date.now()}`,
  onError: (error) => console.error(error),
  signal: new AbortController().signal,
});
let delivered = 0;
store.tail(head, (entries) => {
  delivered += entries.filter(({ type }) => type === "publication").length;
});

// The first appends compile the code; they are not what is measured.
await Promise.all(Array.from({ length: 500 }, () => store.append([{ topic: "warm-up", data: DATA }])));
delivered = 0;

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const start = performance.now();
const count = await measurements[/** @type {keyof typeof measurements} */ (measurement)]();
const elapsed = performance.now() - start;
delay.disable();
await store.close();
if (delivered !== count) throw new Error(`${count} were acknowledged, the tail had ${delivered}`);

const [p50, p99, max] = [delay.percentile(50), delay.percentile(99), delay.max].map((nanoseconds) => nanoseconds / 1e6);
console.log(JSON.stringify({ rate: Math.round((count / elapsed) * 1000), delay: { p50, p99, max } }));

/** @param {number} milliseconds */
function until(milliseconds) {
  return performance.now() + milliseconds;
}

/**
 * @param {number} end
 * @param {number} size
 */
async function publishUntil(end, size) {
  let published = 0;
  for (let turn = 1; performance.now() < end; turn++) {
    await store.append(Array.from({ length: size }, (_, at) => ({ topic: `t/${(published + at) % 50}`, data: DATA })));
    published += size;
    // A memory store answers within the turn, and would never let the loop go round; a hub's publishers do.
    if (turn % 64 === 0) await nextTurn();
  }
  return published;
}
