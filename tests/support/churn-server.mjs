// The standalone hub's server in a process that can be asked what it holds. Started with --expose-gc and an IPC channel.
import { createServer } from "node:http";
import { nodeHandler } from "@tidings/server/node";
import { startHub } from "tidings";

const running = await startHub({ port: 0, memory: true, maxCount: 2_000 });
await running.hub.ready;

// The same hub behind an application's own endpoint, which takes its time to say yes, or no.
const guarded = createServer(
  nodeHandler(running.hub, {
    authorize: (_, [topic]) => new Promise((resolve) => setTimeout(resolve, 20, !topic?.startsWith("denied"))),
  }),
);
await new Promise((resolve) => guarded.listen(0, "127.0.0.1", () => resolve(undefined)));

process.on("message", async () => {
  // What a collection frees in C++ is freed in a later turn.
  for (let round = 0; round < 4; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  /** @type {Record<string, number>} */
  const resources = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  process.send?.({ heap: heapUsed, external, resources, connections: running.hub.status().connections });
});

const { port } = /** @type {import("node:net").AddressInfo} */ (guarded.address());
process.send?.({ port: running.port, guarded: port });
