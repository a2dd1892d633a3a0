import { randomBytes } from "node:crypto";
import { constants, gunzipSync, inflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { createRandom } from "../../../../tests/support/random.ts";
import { deflate } from "../../src/deflate.ts";
import { storedBlocks } from "../../src/hub/gzip.ts";
import type { ConnectRequest, Hub, HubOptions, Stream } from "../../src/hub/types.ts";
import type { Deflate } from "../../src/ports/deflate.ts";
import { memory } from "../../src/stores/memory.ts";
import { id, publishAll, startHub, TestReader } from "./support.ts";

const GZIP = { acceptEncoding: "gzip, deflate, br" };

/** What a reader has unpacked of a stream whose end is missing, as all are. */
const AS_IT_COMES = { finishFlush: constants.Z_SYNC_FLUSH };

/** A transport that takes gzip, and knows nothing of events. */
class GzipReader extends TestReader {
  override write(bytes: Uint8Array): void {
    this.writes.push(bytes);
    if (this.stalled) this.buffered += bytes.length;
  }

  override text(from = 0): string {
    const bytes = Buffer.concat(this.writes.slice(from));
    return (from === 0 ? gunzipSync(bytes, AS_IT_COMES) : inflateRawSync(bytes, AS_IT_COMES)).toString();
  }
}

async function connect<R extends TestReader>(hub: Hub, reader: R, request: ConnectRequest): Promise<R> {
  const admission = (await hub.connect(request)) as Stream;
  expect(admission.headers["content-encoding"]).toBe(reader instanceof GzipReader ? "gzip" : undefined);
  reader.handle = admission.open(reader);
  return reader;
}

function gzip(hub: Hub, request: ConnectRequest): Promise<GzipReader> {
  return connect(hub, new GzipReader(), { ...GZIP, ...request });
}

function plain(hub: Hub, request: ConnectRequest): Promise<TestReader> {
  return connect(hub, new TestReader(), request);
}

/** A hub that counts what it compresses. */
async function startCounting(options: HubOptions = {}, bounds?: { records: number; bytes: number }) {
  const deflated: Uint8Array[] = [];
  const compress: Deflate = (bytes) => {
    deflated.push(bytes);
    return deflate(bytes);
  };
  return { ...(await startHub(options, memory(), bounds, compress)), deflated };
}

/** The stream behind `tidings:open`, which names the connection. */
function afterOpen(reader: TestReader): string {
  const text = reader.text();
  return text.slice(text.indexOf("\n\n"));
}

const TWENTY = Array.from({ length: 20 }, (_, at) => JSON.stringify({ total: at * 17, customer: `c${at}` }));

test("a flush is compressed once, however many readers take it, and all are written the same bytes", async () => {
  const { hub, runtime, deflated } = await startCounting();
  const readers = await Promise.all(Array.from({ length: 100 }, () => gzip(hub, { topics: ["a"] })));
  const other = await plain(hub, { topics: ["a"] });
  for (const reader of readers) reader.writes.length = 0;
  await publishAll(hub, "a", TWENTY);
  runtime.endTurn();
  expect(deflated).toHaveLength(1);
  expect(deflated[0]).toBe(other.writes.at(-1));
  expect(new Set(readers.flatMap(({ writes }) => writes)).size).toBe(1);
  for (const { writes } of readers) expect(writes).toHaveLength(1);
  const [text, packed] = [other, readers[0] as GzipReader].map(({ writes }) => (writes.at(-1) as Uint8Array).length);
  expect((text as number) / (packed as number)).toBeGreaterThan(4);

  await publishAll(hub, "a", TWENTY);
  runtime.endTurn();
  expect(deflated).toHaveLength(2);
});

test("one audience is not compressed for another's sake, and one reader alone is not compressed for", async () => {
  const { hub, runtime, deflated } = await startCounting();
  const alone = await gzip(hub, { topics: ["a"] });
  await plain(hub, { topics: ["a"] });
  await Promise.all([1, 2].map(() => gzip(hub, { topics: ["a", "b"] })));
  await publishAll(hub, "a", TWENTY);
  runtime.endTurn();
  expect(deflated).toHaveLength(1);
  expect(alone.text()).toContain(TWENTY.at(-1));

  // As soon as there are two, and no longer than that.
  const second = await gzip(hub, { topics: ["a"] });
  await publishAll(hub, "a", TWENTY);
  runtime.endTurn();
  expect(deflated).toHaveLength(3);
  second.handle?.closed();
  await publishAll(hub, "a", TWENTY);
  runtime.endTurn();
  expect(deflated).toHaveLength(4);
});

test("a small flush goes out as it is, with an empty block behind it, without which Go's reader holds it back", async () => {
  const { hub, runtime, deflated } = await startCounting();
  const [first, second] = await Promise.all([1, 2].map(() => gzip(hub, { topics: ["a"] })));
  const other = await plain(hub, { topics: ["a"] });
  await hub.publish("a", { total: 9 });
  runtime.endTurn();
  const written = first?.writes.at(-1) as Uint8Array;
  expect(written).toBe(second?.writes.at(-1));
  expect(written.length).toBe((other.writes.at(-1) as Uint8Array).length + 10);
  expect(Buffer.from(written.subarray(5, -5))).toEqual(Buffer.from(other.writes.at(-1) as Uint8Array));
  expect([...written.subarray(-5)]).toEqual([0, 0, 0, 0xff, 0xff]);
  expect(deflated).toHaveLength(0);
});

test("what does not shrink goes out as it is, also where it is longer than a stored block can be", async () => {
  const { hub, runtime, deflated } = await startCounting();
  const [first] = await Promise.all([1, 2].map(() => gzip(hub, { topics: ["a"] })));
  const other = await plain(hub, { topics: ["a"] });
  // As random as text can be: three of four bytes of each character's UTF-8.
  const data = Array.from({ length: 50_000 }, () =>
    String.fromCodePoint(0x1_0000 + (randomBytes(4).readUInt32LE() % 0x10_0000)),
  ).join("");
  await hub.publish("a", data);
  runtime.endTurn();
  expect(deflated).toHaveLength(1);
  expect(afterOpen(first as GzipReader)).toBe(afterOpen(other));

  for (const length of [0, 1, 65_534, 65_535, 65_536, 200_000]) {
    const bytes = randomBytes(length);
    const blocks = storedBlocks(bytes);
    expect(blocks.length).toBe(length + 5 * Math.ceil(length / 65_535) + 5);
    expect(inflateRawSync(blocks, AS_IT_COMES)).toEqual(bytes);
  }
});

test("what one reader alone is told is never compressed: open, gap, greeting, live, heartbeat, bye", async () => {
  const { hub, runtime, deflated } = await startCounting();
  const request = {
    topics: [`a/${"x".repeat(200)}`],
    lastEventId: "y".repeat(256),
    onConnect: (connection: { send(data: string): boolean }) => void connection.send("z".repeat(5_000)),
  };
  const reader = await gzip(hub, request);
  const other = await plain(hub, request);
  runtime.advance(15_000);
  for (const { id: each } of hub.connections()) hub.disconnect(each);
  expect(afterOpen(reader)).toBe(afterOpen(other));
  expect(reader.text()).toMatch(/tidings:open.*tidings:gap.*zzz.*tidings:live.*\n\nid: \S+\n\n.*tidings:bye/s);
  expect(deflated).toHaveLength(0);
  for (const word of ["tidings:open", "y".repeat(256), "z".repeat(5_000), "tidings:bye"]) {
    expect(Buffer.concat(reader.writes).includes(word)).toBe(true);
  }
});

test.for([
  ["the store", { records: 0, bytes: 0 }],
  ["memory", { records: 1_000, bytes: 2 ** 20 }],
] as const)("a page out of %s is compressed once for all readers at the same place", async ([, bounds]) => {
  const { hub, runtime, deflated } = await startCounting({}, bounds);
  await publishAll(hub, "a", ["0", ...TWENTY]);
  runtime.endTurn();
  const request = { topics: ["a", "b/*"], lastEventId: id(1) };
  const alone = await gzip(hub, request);
  expect(deflated).toHaveLength(0);
  const other = await plain(hub, request);
  const readers = await Promise.all(Array.from({ length: 50 }, () => gzip(hub, request)));
  expect(deflated).toHaveLength(1);
  const [page, ...more] = new Set(readers.map(({ writes }) => writes.find((each) => each[0] !== 0 && each[0] !== 31)));
  expect(page).toBeDefined();
  expect(more).toEqual([]);
  for (const reader of [alone, ...readers]) expect(afterOpen(reader)).toBe(afterOpen(other));
});

test("readers of every kind, joining and leaving at any flush, are given one and the same stream", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const random = createRandom(seed);
    const { hub, runtime } = await startHub({ limits: { bufferedBytes: 2_000 } }, memory(), {
      records: 20,
      bytes: 2_000,
    });
    const twins: { packed: GzipReader; open: TestReader }[] = [];
    for (let step = 0; step < 40; step++) {
      const kind = random.integer(0, 5);
      if (kind === 0) {
        const lastEventId = random.integer(0, 1) === 0 ? undefined : id(random.integer(0, step));
        const topics = random.pick([["a"], ["a", "b"], ["**"]]);
        const request = { topics, ...(lastEventId && { lastEventId }) };
        twins.push({ packed: await gzip(hub, request), open: await plain(hub, request) });
      } else if (kind === 1) runtime.advance(15_000);
      else if (kind === 2 && twins.length > 0) {
        // Whoever is slow has nothing of the flush that finds it full, whatever its form; both go on from their cursors.
        const { packed, open } = random.pick(twins);
        packed.buffered = open.buffered = 2_001;
        await publishAll(hub, "a", ["while it was full"]);
        runtime.endTurn();
        await settled();
        packed.drain();
        open.drain();
      } else {
        const batch = Array.from({ length: 1 + random.integer(0, kind === 3 ? 39 : 1) }, () => text(random));
        await publishAll(hub, random.integer(0, 1) === 0 ? "a" : "b", batch);
        runtime.endTurn();
      }
      await settled();
      // At any time, not only at the end: nothing is held back.
      if (twins.length === 0) continue;
      const { packed, open } = random.pick(twins);
      expect(afterOpen(packed), `seed ${seed}, step ${step}`).toBe(afterOpen(open));
    }
    for (const { packed, open } of twins) expect(afterOpen(packed), `seed ${seed}`).toBe(afterOpen(open));
  }
});

test.for([
  ["gzip", true],
  ["GZIP", true],
  ["x-gzip", true],
  ["*", true],
  ["br;q=1.0, gzip;q=0.8, *;q=0.1", true],
  ["deflate, gzip ; q=0.001", true],
  [undefined, false],
  ["", false],
  ["identity", false],
  ["br, deflate", false],
  ["gzip;q=0", false],
  ["gzip;q=0.0, *;q=1", false],
  ["*;q=0", false],
  ["gzip;q=nonsense", false],
  ["gzipped", false],
] as const)("Accept-Encoding: %s", async ([acceptEncoding, isCompressed]) => {
  const { hub } = await startHub();
  const request = { topics: ["a"], ...(acceptEncoding !== undefined && { acceptEncoding }) };
  await connect(hub, isCompressed ? new GzipReader() : new TestReader(), request);
});

test.for([
  [undefined, true, false],
  ["public", true, false],
  ["all", true, true],
  ["none", false, false],
] as const)("compression: %s", async ([compression, open, guarded]) => {
  const { hub } = await startHub(compression === undefined ? {} : { compression });
  for (const [authorize, isCompressed] of [
    [undefined, open],
    [() => true, guarded],
  ] as const) {
    const { headers } = (await hub.connect({ ...GZIP, topics: ["a"], ...(authorize && { authorize }) })) as Stream;
    expect(headers["content-encoding"]).toBe(isCompressed ? "gzip" : undefined);
    expect(headers.vary).toBe(isCompressed ? "accept-encoding" : undefined);
  }
});

test("what an observer is told was written is what was written", async () => {
  const told: { bytes: number; written: number }[] = [];
  const { hub, runtime } = await startHub({ observer: { flushed: (flush) => told.push(flush) } });
  const readers = [
    await plain(hub, { topics: ["a"] }),
    await gzip(hub, { topics: ["a"] }),
    await gzip(hub, { topics: ["a"] }),
  ];
  await publishAll(hub, "a", TWENTY);
  runtime.endTurn();
  const [text = 0, ...packed] = readers.map(({ writes }) => (writes.at(-1) as Uint8Array).length);
  expect(told).toEqual([
    expect.objectContaining({ bytes: text, written: packed.reduce((sum, each) => sum + each, text) }),
  ]);
});

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function text(random: ReturnType<typeof createRandom>): string {
  const size = random.pick([0, 10, 100, 1_000, 7_000]);
  const alphabet = random.pick(["ab", '{"total":12345}', "— ü 漢 🎈 \n"]);
  return Array.from({ length: size / 10 }, () => alphabet.slice(random.integer(0, 2))).join("");
}
