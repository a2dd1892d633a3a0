// A hub behind node:http in a process of its own, which publishes and measures itself when told to. Started with
// --expose-gc, an IPC channel, and the hub's options as JSON.
import { createServer } from "node:http";
import { createHub, memory } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";

const options = JSON.parse(/** @type {string} */ (process.argv[2]));
const hub = createHub({
  ...options,
  store: memory(),
  onDisconnected: ({ topics }, reason) => process.send?.({ type: "disconnected", topics, reason }),
});
await hub.ready;
const server = createServer(nodeHandler(hub));
await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));

process.on("message", async (/** @type {import("./hub-server.ts").Order} */ order) => {
  if (order.type === "publish") {
    for (let at = order.first; at < order.first + order.count; at++) {
      await hub.publish(
        /** @type {string} */ (order.topics[at % order.topics.length]),
        `${at} `.padEnd(order.bytes, "x"),
      );
    }
    process.send?.({ type: "answer" });
    return;
  }
  // What a collection frees in C++ is freed in a later turn.
  for (let round = 0; round < 4; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  const connections = hub.connections().map(({ topics, state, buffered }) => ({ topics, state, buffered }));
  process.send?.({ type: "answer", used: heapUsed + external, connections });
});

const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
process.send?.({ type: "answer", port });
