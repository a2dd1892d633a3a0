// What a kind of work allocates, in a process of its own: node --expose-gc <flags> allocations.mjs <work>, over IPC.
// New space is large enough for all of it (`--min-semi-space-size`), so that nothing is collected meanwhile and the growth of
// the heap is what was allocated; `gcs` says whether that held. With `--single-threaded` code is compiled at the same points of
// the work on every machine, busy or not.
import { once } from "node:events";
import { createServer } from "node:http";
import { PerformanceObserver } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createHub } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";
import { createParser } from "@tidings/wire";

const READERS = 1_000;
const TEXT = "x".repeat(100);

let gcs = 0;
/** In the runs that count. */
let gcsDuring = 0;
new PerformanceObserver((list) => {
  gcs += list.getEntries().length;
}).observe({ entryTypes: ["gc"] });

/** By name; each gives figures in bytes. @type {Record<string, () => Promise<Record<string, number>>>} */
const works = {
  /** One event a turn, to readers whose transport is no work: what the engine allocates. */
  async engine() {
    const hub = createHub();
    let writes = 0;
    const write = () => {
      writes++;
    };
    const sink = { write, buffered: 0, progress: 0, transport: "none", end() {}, destroy() {} };
    for (let at = 0; at < READERS; at++) {
      const admission = await hub.connect({ topics: ["a"] });
      if (admission.kind === "stream") admission.open(sink);
    }
    writes = 0;
    const delivery = (await allocatedBy(400, () => hub.publish("a", TEXT))) / READERS;
    return { delivery, writes: writes / READERS };
  },

  /** A publication that nobody reads, with its place in a history that is full. */
  async publication() {
    const hub = createHub({ retention: { maxCount: 100 } });
    await hub.ready;
    return { publication: await allocatedBy(2_000, () => hub.publish("a", TEXT)) };
  },

  /** Events with all fields, in chunks of some 16 KB. */
  async parser() {
    const parser = createParser({ onEvent() {} });
    const block = `id: 1\ntopic: a\nevent: price\ndata: ${TEXT}\n\n`;
    const chunk = Buffer.from(block.repeat(120));
    return { event: (await allocatedBy(200, () => parser.feed(chunk))) / 120 };
  },

  /** Readers on sockets, which the parent opens: of the hub, and of a loop that writes, the least there can be. */
  async sockets() {
    const hub = createHub();
    const serve = nodeHandler(hub);
    /** @type {import("node:net").Socket[]} */
    const bare = [];
    const server = createServer((request, response) => {
      if (request.url?.startsWith("/events")) return serve(request, response);
      response.detachSocket(request.socket);
      request.socket.write("HTTP/1.1 200 OK\r\n\r\n");
      bare.push(request.socket);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    const open = async (/** @type {string} */ path, /** @type {number} */ count) => {
      process.send?.({ port, path, count });
      await once(process, "message");
    };
    // The first pay for what all share.
    await open("/events?topic=a", 100);
    const before = await kept();
    await open("/events?topic=a", READERS - 100);
    const connection = ((await kept()) - before) / (READERS - 100);

    const ours = await allocatedBy(50, () => hub.publish("a", TEXT));
    await open("/bare", READERS);
    const block = Buffer.from(TEXT);
    const loop = await allocatedBy(50, () => {
      for (const socket of bare) socket.write(block);
    });
    return { connection, delivery: ours / READERS, write: loop / READERS };
  },
};

const figures = await works[process.argv[2] ?? ""]?.();
process.send?.({ figures, gcs: gcsDuring }, () => process.exit());

/** Bytes that one run allocates, one run a turn, without those of the turn. @param {number} count @param {() => unknown} run */
async function allocatedBy(count, run) {
  const turns = await growth(count, () => {});
  return (await growth(count, run)) - turns;
}

/** @param {number} count @param {() => unknown} run */
async function growth(count, run) {
  // The first are compiled.
  await runs(count, run);
  await kept();
  const gcsBefore = gcs;
  const before = held();
  await runs(count, run);
  const bytes = held() - before;
  await runs(3, () => {});
  gcsDuring += gcs - gcsBefore;
  return bytes / count;
}

/** @param {number} count @param {() => unknown} run */
async function runs(count, run) {
  for (let at = 0; at < count; at++) {
    await run();
    await nextTurn();
  }
}

/** Bytes in use when what is garbage has been collected. What a collection frees in C++ is freed in a later turn. */
async function kept() {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await runs(3, () => {});
  }
  return held();
}

/** Bytes of the heap, and of buffers outside of it. */
function held() {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
