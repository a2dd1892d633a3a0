// One contender that publishes in its own process, to readers that are real sockets; prints what an event took of the
// processor: node in-process.mjs <port> <contender> <readers> <events>
import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createHub } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";

const [port = "", contender = "", readers = "", events = ""] = process.argv.slice(2);
const count = Number(readers);
/** That many are compiled code; a few hundred are not. */
const WARM_UP = 5_000;
const BYTES = 125;
let sequence = 0;
let connected = 0;

/** What the readers check: publisher, sequence, time, topic. */
const next = () => `0:${sequence++}:0:0:`.padEnd(BYTES, "x");

const contenders = {
  tidings() {
    const hub = createHub();
    return { serve: nodeHandler(hub), publish: () => hub.publish("bench", next()) };
  },
  "better-sse"() {
    const { createChannel, createSession } = createRequire(new URL("../peers/package.json", import.meta.url))(
      "better-sse",
    );
    const channel = createChannel();
    return {
      serve: async (request, response) =>
        channel.register(await createSession(request, response, { serializer: String })),
      publish: () => channel.broadcast(next(), "message"),
    };
  },
  // The least that telling 1,000 listeners takes: they write what was encoded once, and keep nothing.
  EventEmitter() {
    const emitter = new EventEmitter().setMaxListeners(0);
    let id = 0;
    return {
      serve(request, response) {
        const { socket } = request;
        response.detachSocket(socket);
        socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
        emitter.on("bench", (block) => socket.write(block));
      },
      publish: () => emitter.emit("bench", Buffer.from(`id: ${++id}\ndata: ${next()}\n\n`)),
    };
  },
  "bare socket.write"() {
    const sockets = [];
    let id = 0;
    return {
      serve(request, response) {
        const { socket } = request;
        response.detachSocket(socket);
        socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
        sockets.push(socket);
      },
      publish() {
        const block = Buffer.from(`id: ${++id}\ndata: ${next()}\n\n`);
        for (const socket of sockets) socket.write(block);
      },
    };
  },
};

const { serve, publish } = contenders[/** @type {keyof typeof contenders} */ (contender)]();
const server = createServer((request, response) => {
  connected++;
  serve(request, response);
}).listen(Number(port), "127.0.0.1", 4096);
await once(server, "listening");
console.log("listening");
if (count > 0) await until(1);
for (let sent = 0; sent < WARM_UP; sent++) await turn();
console.log("warm");
await until(count);
for (let sent = 0; sent < 100; sent++) await turn();
const before = process.cpuUsage();
for (let sent = 0; sent < Number(events); sent++) await turn();
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ microseconds: (user + system) / Number(events) }));

/** All are there, and their opening is over. @param {number} readers */
async function until(readers) {
  while (connected < readers) await nextTurn();
  await new Promise((resolve) => setTimeout(resolve, 300));
}

/** One event a turn, so that nobody is helped by batches. */
async function turn() {
  await publish();
  await nextTurn();
}
