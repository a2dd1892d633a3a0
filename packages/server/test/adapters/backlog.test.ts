import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createHub, type Hub, type Limits } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";
import { expect, onTestFinished, test, vi } from "vitest";

// It moves some hundred megabytes through sockets, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 60_000 });

const READERS = 20;
const EVENT_BYTES = 64 * 1_024;

async function start(limits: Limits): Promise<{ hub: Hub; port: number }> {
  const hub = createHub({ limits, retention: { maxTotalBytes: 256 * 1_024 * 1_024 } });
  const server = createServer(nodeHandler(hub));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    await hub.close({ drain: 1 });
    server.close();
  });
  return { hub, port: (server.address() as AddressInfo).port };
}

/** A reader that reads until it is live, and from then on only if told to. */
async function openReader(port: number): Promise<{ socket: Socket; read(): { events: number } }> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.write("GET /events?topic=a HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await new Promise<void>((resolve) => {
    socket.on("data", function onData(bytes: Buffer) {
      if (!bytes.includes("tidings:live")) return;
      socket.off("data", onData).pause();
      resolve();
    });
  });
  return {
    socket,
    read: () => {
      const seen = { events: 0 };
      // Each event has exactly one line that begins so; a chunk may cut it.
      let tail = "";
      socket.on("data", (bytes: Buffer) => {
        const text = tail + bytes.toString("latin1");
        const parts = text.split("\ntopic: a\n");
        seen.events += parts.length - 1;
        tail = (parts.at(-1) as string).slice(-9);
      });
      socket.resume();
      return seen;
    },
  };
}

/** Publishes until nobody but one reader is live, and gives the most that all sockets held at any time. */
async function stallAll(hub: Hub, port: number) {
  const readers = [];
  for (let at = 0; at < READERS; at++) readers.push(await openReader(port));
  const healthy = (await openReader(port)).read();
  const data = "x".repeat(EVENT_BYTES);
  let most = 0;
  let published = 0;
  while (hub.status().live > 1 && published < 2_000) {
    await hub.publish("a", data);
    published++;
    await vi.waitUntil(() => healthy.events === published, { timeout: 20_000, interval: 1 });
    const sum = hub.connections().reduce((total, { buffered }) => total + buffered, 0);
    most = Math.max(most, sum);
  }
  return { readers, published, most };
}

test("readers that do not read hold no more bytes together than the bound and one flush, and miss nothing by it", async () => {
  const free = await start({});
  const { most: without } = await stallAll(free.hub, free.port);
  expect(without).toBeGreaterThan(READERS * 200 * 1_024);

  const totalBufferedBytes = 1_024 * 1_024;
  const { hub, port } = await start({ totalBufferedBytes });
  const { readers, published, most } = await stallAll(hub, port);
  expect(published).toBeLessThan(2_000);
  expect(most).toBeLessThanOrEqual(totalBufferedBytes + READERS * (EVENT_BYTES + 200));
  expect(most).toBeLessThan(without / 2);

  const seen = readers.map((reader) => reader.read());
  await vi.waitUntil(() => seen.every(({ events }) => events === published), { timeout: 50_000, interval: 10 });
  await vi.waitUntil(() => hub.status().live === READERS + 1, { timeout: 20_000, interval: 10 });
});
