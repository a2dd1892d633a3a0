// One contender that publishes in its own process, batches of 20 small JSON events to readers that take gzip; prints what a batch
// took of the processor, in all and to compress, and how many bytes went to a reader:
//   node compressed.mjs <port> <contender> <encoding> <readers> <batches>
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { setTimeout as wait } from "node:timers/promises";
import zlib from "node:zlib";
import { createHub } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";

const require = createRequire(new URL("../peers/package.json", import.meta.url));
const [port = "", contender = "", encoding = "", readers = "", count = ""] = process.argv.slice(2);
const BATCH = 20;
const BATCHES = Number(count);

const contenders = {
  tidings() {
    const hub = createHub();
    const publish = (events) => hub.publishBatch(events.map((data) => ({ topic: "bench", data })));
    return { serve: nodeHandler(hub, { topics: ["bench"] }), publish };
  },
  "express + compression": () =>
    express((responses, blocks) => {
      for (const block of blocks) {
        for (const response of responses) {
          response.write(block);
          response.flush();
        }
      }
    }),
  // What nobody writes by hand, and the least that compressing for each connection can cost.
  "express + compression, a write a batch": () =>
    express((responses, blocks) => {
      const batch = blocks.join("");
      for (const response of responses) {
        response.write(batch);
        response.flush();
      }
    }),
  "better-sse behind compression"() {
    const { createChannel, createSession } = require("better-sse");
    const channel = createChannel();
    const compress = require("compression")({ threshold: 0 });
    const responses = [];
    return {
      serve: (request, response) =>
        compress(request, response, async () => {
          channel.register(await createSession(request, response, { headers: { "Cache-Control": "no-cache" } }));
          responses.push(response);
          // It does not do so itself behind a compressor, and nothing would go out.
          response.flush();
        }),
      publish: (events) => {
        for (const event of events) {
          channel.broadcast(event, "message");
          for (const response of responses) response.flush();
        }
      },
    };
  },
};

/** The usual forEach over responses. */
function express(send) {
  const app = require("express")();
  const responses = [];
  app.use(require("compression")({ threshold: 0 }));
  app.get("/events", (_request, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
    response.write(": open\n\n");
    response.flush();
    responses.push(response);
  });
  let id = 0;
  const publish = (events) =>
    send(
      responses,
      events.map((data) => `id: ${++id}\ndata: ${JSON.stringify(data)}\n\n`),
    );
  return { serve: app, publish };
}

// What is compressed at once, on the first thread, is measured where it is called.
let deflateCpu = 0;
const { deflateRawSync } = zlib;
zlib.deflateRawSync = (...args) => {
  const start = process.cpuUsage();
  const deflated = deflateRawSync(...args);
  const { user, system } = process.cpuUsage(start);
  deflateCpu += user + system;
  return deflated;
};
syncBuiltinESMExports();

const { serve, publish } = contenders[/** @type {keyof typeof contenders} */ (contender)]();
const sockets = new Set();
let events = 0;
const server = createServer((request, response) => {
  sockets.add(request.socket);
  // The load asks for nothing; what it is given it reads, and throws away.
  request.headers["accept-encoding"] ??= encoding;
  serve(request, response);
}).listen(Number(port), "127.0.0.1", 4096);
await once(server, "listening");
console.log("listening");
while (sockets.size < Number(readers)) await wait(10);
await settled();

// The first compile the code.
for (let at = 0; at < 3; at++) await batch();
const bytes = sent();
const before = { all: process.cpuUsage(), others: othersCpu(), deflate: deflateCpu };
await batches();
const { user, system } = process.cpuUsage(before.all);
const others = othersCpu() - before.others;
const synchronous = deflateCpu - before.deflate;
const bytesEach = (sent() - bytes) / BATCHES / sockets.size;

console.log(
  JSON.stringify({
    all: (user + system) / BATCHES,
    zlib: (others + synchronous) / BATCHES,
    bytes: bytesEach,
  }),
);
// It stays until it is ended: what sockets still hold is to reach the readers.

async function batches() {
  for (let at = 0; at < BATCHES; at++) await batch();
}

async function batch() {
  await publish(Array.from({ length: BATCH }, toEvent));
  await settled();
}

function toEvent() {
  const at = events++;
  return {
    order: 10_000 + ((at * 7919) % 90_000),
    total: ((at * 31) % 10_000) / 100,
    customer: `c${(at * 17) % 5_000}`,
    status: ["open", "paid", "shipped"][at % 3],
  };
}

/** Until nothing has gone out for a while. */
async function settled() {
  for (let before = -1, quiet = 0; quiet < 3; ) {
    const now = sent();
    quiet = now === before ? quiet + 1 : 0;
    before = now;
    await wait(50);
  }
}

function sent() {
  let bytes = 0;
  for (const socket of sockets) bytes += socket.bytesWritten;
  return bytes;
}

/** Microseconds of this process's threads but the first: the pool in which zlib's streams compress. */
function othersCpu() {
  return readdirSync("/proc/self/task")
    .filter((thread) => Number(thread) !== process.pid)
    .map((thread) => Number(readFileSync(`/proc/self/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1_000)
    .reduce((sum, each) => sum + each, 0);
}
