import {
  type ConnectRequest,
  createHub,
  type Hub,
  type HubOptions,
  memory,
  type Sink,
  type Stream,
  type StreamHandle,
} from "@tidings/server";
import { expect, onTestFinished, test, vi } from "vitest";
import { usedBytes } from "./support/heap.ts";
import { turn } from "./support/serve.ts";
import { countReads } from "./support/store.ts";

// It waits for processes, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 120_000 });

const CONNECTIONS = 1_000;
const STORM = 200;

/** A transport that takes everything at once and remembers what it was handed. */
class RecordingSink implements Sink {
  readonly writes: Uint8Array[] = [];
  readonly buffered = 0;
  readonly progress = 0;
  readonly transport = "none";
  handle: StreamHandle | undefined;
  write(bytes: Uint8Array): void {
    this.writes.push(bytes);
  }
  end(): void {
    this.destroy();
  }
  destroy(): void {
    queueMicrotask(() => this.handle?.closed());
  }
  /** What came last is that history is through. */
  get isLive(): boolean {
    return Buffer.from(this.writes.at(-1) ?? []).includes("tidings:live");
  }
  get text(): string {
    return Buffer.concat(this.writes).toString();
  }
}

async function testHub(options: HubOptions = {}): Promise<Hub> {
  const hub = createHub(options);
  onTestFinished(() => hub.close());
  await hub.ready;
  return hub;
}

async function connect(
  hub: Hub,
  topics: readonly string[],
  lastEventId?: string,
  request: Partial<ConnectRequest> = {},
): Promise<RecordingSink> {
  const admission = await hub.connect({ topics, ...(lastEventId !== undefined && { lastEventId }), ...request });
  const sink = new RecordingSink();
  sink.handle = (admission as Stream).open(sink);
  return sink;
}

/** Opens many connections; what they were written so far is left out of their counts. */
async function connectMany(hub: Hub, topics: readonly string[], count = CONNECTIONS): Promise<RecordingSink[]> {
  const sinks = await Promise.all(Array.from({ length: count }, () => connect(hub, topics)));
  for (const sink of sinks) {
    expect(sink.text).toContain("tidings:live");
    sink.writes.length = 0;
  }
  return sinks;
}

test("an event is encoded once, however many connections and subscriptions take it", async () => {
  const hub = await testHub();
  const audiences = [["prices/ACME"], ["prices/*"], ["**"], ["prices/ACME", "prices/*", "other"]];
  const sinks = (await Promise.all(audiences.map((topics) => connectMany(hub, topics)))).flat();
  let serialized = 0;
  const price = { toJSON: () => ({ price: ++serialized }) };

  await hub.publish("prices/ACME", price);
  await turn();

  expect(serialized).toBe(1);
  expect(sinks).toHaveLength(4 * CONNECTIONS);
  expect(new Set(sinks.flatMap(({ writes }) => writes)).size).toBe(1);
  for (const { writes } of sinks) expect(writes).toHaveLength(1);
  expect(sinks[0]?.text).toMatch(/^id: \w+-1\ntopic: prices\/ACME\ndata: \{"price":1\}\n\n$/);
});

test("everything published in one turn is one write for each connection, of one shared buffer", async () => {
  const hub = await testHub();
  const sinks = await connectMany(hub, ["a", "b"]);
  const others = await connectMany(hub, ["c"], 10);

  await Promise.all(Array.from({ length: 400 }, (_, at) => hub.publish(at % 2 === 0 ? "a" : "b", `event ${at}`)));
  expect(sinks[0]?.writes).toHaveLength(0);
  await turn();

  for (const { writes } of sinks) expect(writes).toHaveLength(1);
  expect(new Set(sinks.flatMap(({ writes }) => writes)).size).toBe(1);
  expect(sinks[0]?.text.match(/^data: event \d+$/gm)).toEqual(
    Array.from({ length: 400 }, (_, at) => `data: event ${at}`),
  );
  for (const { writes } of others) expect(writes).toHaveLength(0);
});

test("a flush is compressed once: readers of gzip share one buffer, and readers of text another", async () => {
  const hub = await testHub();
  const plain = await connectMany(hub, ["a"]);
  const gzip = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => connect(hub, ["a"], undefined, { acceptEncoding: "gzip" })),
  );
  for (const sink of gzip) sink.writes.length = 0;

  await Promise.all(Array.from({ length: 100 }, (_, at) => hub.publish("a", { at, text: "some of it again" })));
  await turn();

  const [text, ...texts] = new Set(plain.flatMap(({ writes }) => writes));
  const [packed, ...others] = new Set(gzip.flatMap(({ writes }) => writes));
  expect([...texts, ...others]).toEqual([]);
  for (const { writes } of [...plain, ...gzip]) expect(writes).toHaveLength(1);
  expect((packed as Uint8Array).length * 4).toBeLessThan((text as Uint8Array).length);
});

test("a flood in one turn is flushed in parts, so that no write grows without bound", async () => {
  const hub = await testHub();
  const sinks = await connectMany(hub, ["a"], 10);

  // 16 MB in one turn.
  await Promise.all(Array.from({ length: 1_000 }, () => hub.publish("a", "x".repeat(16_000))));
  await turn();

  const sizes = sinks[0]?.writes.map(({ length }) => length) ?? [];
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(16e6);
  expect(Math.max(...sizes)).toBeLessThan(2 ** 20);
});

test("no connection has a timer", async () => {
  const hub = await testHub();
  await connectMany(hub, ["a"], 1);
  // Also those that keep no process alive, and none of whoever else runs here.
  const timers = [vi.spyOn(globalThis, "setTimeout"), vi.spyOn(globalThis, "setInterval")];
  onTestFinished(() => {
    for (const made of timers) made.mockRestore();
  });

  await connectMany(hub, ["a"]);
  await connectMany(hub, ["**"]);
  await hub.publish("a", "event");

  for (const made of timers) expect(made).not.toHaveBeenCalled();
});

test("a reconnect storm reads each page of the store once, not once for each reader", async () => {
  const { store, reads } = countReads(memory());
  const hub = await testHub({ store, retention: { maxCount: Number.POSITIVE_INFINITY } });
  const first = await hub.publish("a", "first");
  const events = 12_000;
  for (let at = 0; at < events; at += 1_000) {
    await hub.publishBatch(Array.from({ length: 1_000 }, (_, more) => ({ topic: "a", data: `event ${at + more}` })));
  }

  reads.length = 0;
  const sinks = await Promise.all(Array.from({ length: STORM }, () => connect(hub, ["a"], first.id)));
  await expect.poll(() => sinks.every((sink) => sink.isLive)).toBe(true);

  // Until the tail in memory takes over, which holds a few thousand.
  expect(reads.length).toBeGreaterThan(1);
  expect(reads.length).toBeLessThanOrEqual(events / 500);
  expect(new Set(reads.map(({ after }) => after)).size).toBe(reads.length);
  const [text = ""] = new Set(sinks.map((sink) => sink.text.slice(sink.text.indexOf("\n\n"))));
  expect(text.match(/^data: event \d+$/gm)).toEqual(Array.from({ length: events }, (_, at) => `data: event ${at}`));
  // All got the same, up to the block that opened the stream.
  for (const sink of sinks) expect(sink.text.endsWith(text)).toBe(true);
});

test("an idle connection costs the engine little, and nothing once it has closed", async () => {
  const hub = await testHub({ limits: { connections: 20_000 } });
  const topics = ["a", "b/**"];
  // The first ones pay for what all share: compiled code, the audience.
  const early = await connectMany(hub, topics, 500);
  const before = await usedBytes();

  const count = 10_000;
  const handles: StreamHandle[] = [];
  const sink: Sink = { write: () => {}, buffered: 0, progress: 0, transport: "none", end: () => {}, destroy: () => {} };
  for (let at = 0; at < count; at++) {
    const admission = (await hub.connect({ topics })) as Stream;
    handles.push(admission.open(sink));
  }
  expect(hub.status().connections).toBe(count + early.length);
  const each = ((await usedBytes()) - before) / count;
  for (const handle of handles) handle.closed();
  handles.length = 0;
  const left = ((await usedBytes()) - before) / count;

  expect(hub.status().connections).toBe(early.length);
  console.log(`${Math.round(each)} bytes of heap for each idle connection, ${Math.round(left)} once it has closed`);
  expect(each).toBeLessThan(1_500);
  expect(left).toBeLessThan(50);
});

test("the newest publications, kept in memory with their blocks, cost what they are, whatever else goes on", async () => {
  // The store keeps one; what is measured is the engine's own.
  const hub = await testHub({ retention: { maxCount: 1 } });
  await connectMany(hub, ["a"], 1);
  const others: Buffer[] = [];
  const publish = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at++) {
      await hub.publish("a", `event ${at}`);
      await turn();
      // What an application does in between takes small pieces of Node's shared buffers too.
      others[at % 8] = Buffer.from("x".repeat(3_000));
    }
  };
  await publish(100);
  const before = await usedBytes();
  const count = 4_000;
  await publish(count);
  const each = ((await usedBytes()) - before) / count;
  console.log(`${Math.round(each)} bytes for each publication that the engine keeps`);
  expect(each).toBeLessThan(1_500);
});
