import { expect, test } from "vitest";
import type { StreamConnection } from "../../src/hub/connection.ts";
import { Heartbeats } from "../../src/hub/heartbeats.ts";
import { memory } from "../../src/stores/memory.ts";
import {
  eventText,
  holdReads,
  IN_STORE,
  id,
  listen,
  openText,
  publishAll,
  settle,
  startHub,
  type TestReader,
  TestRuntime,
} from "./support.ts";

const INTERVAL = 15_000;
const SECOND = 1_000;

/** The seconds at which a reader is sent anything, over a time. */
function beats(runtime: TestRuntime, reader: TestReader, seconds: number): number[] {
  const at: number[] = [];
  for (let second = 1; second <= seconds; second++) {
    const before = reader.writes.length;
    runtime.advance(SECOND);
    for (let more = before; more < reader.writes.length; more++) at.push(second);
  }
  return at;
}

test("after the interval of silence a heartbeat comes: only an id", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  const { length } = reader.writes;
  runtime.advance(INTERVAL);
  expect(reader.text(length)).toBe(`id: ${id(0)}\n\n`);
  expect(reader.ids).toEqual([id(0)]);
  expect(reader.lastEventId).toBe(id(0));
});

test.each([0, 0.3, 0.5, 0.7, 0.999999])(
  "heartbeats come after the interval, or up to a fifth earlier, again and again: chance %f",
  async (chance) => {
    const runtime = new TestRuntime(() => chance);
    const { hub } = await startHub({ runtime });
    const reader = await listen(hub, { topics: ["a"] });
    const at = [0, ...beats(runtime, reader, 300)];
    expect(at.length).toBeGreaterThanOrEqual(21);
    for (let beat = 1; beat < at.length; beat++) {
      const silence = (at[beat] as number) - (at[beat - 1] as number);
      expect(silence).toBeGreaterThanOrEqual(12);
      expect(silence).toBeLessThanOrEqual(15);
    }
  },
);

test("connections that are opened together do not beat together", async () => {
  let state = 1;
  const runtime = new TestRuntime(() => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  });
  const { hub } = await startHub({ runtime });
  const readers: TestReader[] = [];
  for (let at = 0; at < 60; at++) readers.push(await listen(hub, { topics: ["a"] }));
  const perSecond: number[] = [];
  for (let second = 1; second <= 15; second++) {
    const before = readers.reduce((sum, { ids }) => sum + ids.length, 0);
    runtime.advance(SECOND);
    perSecond.push(readers.reduce((sum, { ids }) => sum + ids.length, 0) - before);
  }
  expect(perSecond.filter((count) => count > 0).length).toBeGreaterThanOrEqual(3);
  expect(Math.max(...perSecond)).toBeLessThan(40);
  expect(readers.every(({ ids }) => ids.length === 1)).toBe(true);
});

test("the silence is measured from the last byte, whatever brought it", async () => {
  const { hub, runtime } = await startHub();
  let send: ((data: string) => void) | undefined;
  const flushed = await listen(hub, { topics: ["a"] });
  const greeted = await listen(hub, {
    topics: ["b"],
    onConnect: (connection) => {
      send = (data) => connection.send(data);
    },
  });
  for (let round = 0; round < 12; round++) {
    runtime.advance(10 * SECOND);
    await hub.publish("a", String(round));
    send?.(String(round));
    runtime.endTurn();
  }
  expect(flushed.ids).toEqual([]);
  expect(greeted.ids).toEqual([]);
  runtime.advance(INTERVAL);
  expect(flushed.ids).toEqual([id(12)]);
  expect(greeted.ids).toEqual([id(12)]);
});

test("a reader of a quiet topic in a busy log gets a rising id, so that its position does not grow old", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["quiet"] });
  for (let round = 0; round < 3; round++) {
    await publishAll(hub, "busy", ["1", "2", "3", "4", "5"]);
    runtime.endTurn();
    runtime.advance(INTERVAL);
  }
  expect(reader.ids).toEqual([id(5), id(10), id(15)]);
  expect(reader.events).toEqual([]);
});

test("the id is never above what was flushed to the reader: what is pending is not told", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  await hub.publish("a", "1");
  runtime.endTurn();
  runtime.advance(12 * SECOND);
  // Published, and the turn does not end before the wheel comes by.
  let early: string[] = [];
  const { endTurn } = runtime;
  runtime.endTurn = () => {
    early = [...reader.ids];
  };
  await hub.publish("a", "2");
  runtime.advance(3 * SECOND);
  runtime.endTurn = endTurn;
  expect(early).toEqual([id(1)]);
  runtime.endTurn();
  expect(reader.data).toEqual(["1", "2"]);
  expect(reader.lastEventId).toBe(id(2));
});

test("while a reader catches up the id is what it was given, or was scanned for it, not where the log is", async () => {
  const held = holdReads(memory());
  const { hub, runtime } = await startHub({}, held.store, IN_STORE);
  const data = Array.from({ length: 8 }, (_, at) => String(at + 1).padEnd(20_000, "x"));
  await publishAll(hub, "a", data);
  await publishAll(hub, "b", ["x", "y"]);
  runtime.endTurn();
  const opening = listen(hub, { topics: ["a"], lastEventId: id(0) });
  await held.release();
  const reader = await opening;
  expect(held.waiting()).toBe(1);
  const seen = reader.data.length;
  expect(seen).toBeGreaterThan(0);
  expect(seen).toBeLessThan(8);
  runtime.advance(INTERVAL);
  expect(reader.ids).toEqual([id(seen)]);
  expect(hub.connections()[0]).toMatchObject({ state: "catching-up", position: id(seen) });
  while (held.waiting() > 0) await held.release();
  expect(reader.data).toEqual(data);
  runtime.advance(INTERVAL);
  expect(reader.ids).toEqual([id(seen), id(10)]);
});

test("heartbeat=event makes heartbeats visible, and only to whom asked for it", async () => {
  const { hub, runtime } = await startHub();
  const visible = await listen(hub, { topics: ["a"], heartbeat: "event" });
  const plain = await listen(hub, { topics: ["a"], heartbeat: "comment" });
  const { length } = visible.writes;
  runtime.advance(INTERVAL);
  expect(visible.text(length)).toBe(`id: ${id(0)}\nevent: tidings:heartbeat\ndata: {}\n\n`);
  expect(plain.ids).toEqual([id(0)]);
});

test("while a reader's socket holds bytes no heartbeat is added", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  reader.stalled = true;
  await hub.publish("a", "1");
  runtime.endTurn();
  const { length } = reader.writes;
  runtime.advance(4 * INTERVAL);
  expect(reader.writes).toHaveLength(length);
  reader.drain();
  runtime.advance(INTERVAL);
  expect(reader.text(length)).toBe(`id: ${id(1)}\n\n`);
});

test("a reader that has caught up after it fell behind gets heartbeats again, with the id it has reached", async () => {
  const { hub, runtime } = await startHub({ limits: { bufferedBytes: 10 } });
  const reader = await listen(hub, { topics: ["a"] });
  reader.stalled = true;
  for (const data of ["1", "2"]) {
    await hub.publish("a", data);
    runtime.endTurn();
  }
  reader.drain();
  await settle();
  expect(reader.text().endsWith(eventText(2, "a", "2"))).toBe(true);
  runtime.advance(INTERVAL);
  expect(reader.ids).toEqual([id(2)]);
});

test("a heartbeat of the hub's own length is announced and kept", async () => {
  const { hub, runtime } = await startHub({ heartbeat: 1_500 });
  const reader = await listen(hub, { topics: ["a"] });
  expect(reader.parts[0]).toBe(openText(1, ["a"], 0).replace("15000", "1500"));
  runtime.advance(15_000);
  expect(reader.ids.length).toBeGreaterThanOrEqual(10);
  expect(reader.ids.length).toBeLessThanOrEqual(12);
});

test("connections have no timers: one wheel serves all, and forgets those that leave", async () => {
  const { hub, runtime } = await startHub();
  const before = runtime.timers;
  const readers: TestReader[] = [];
  for (let at = 0; at < 50; at++) readers.push(await listen(hub, { topics: [`t/${at}`] }));
  expect(runtime.timers).toBe(before);
  runtime.advance(INTERVAL);
  let visits = 0;
  for (const reader of readers) {
    expect(reader.ids).toHaveLength(1);
    reader.handle?.closed();
    (reader.handle as StreamConnection).visit = () => ++visits;
  }
  runtime.advance(10 * INTERVAL);
  expect(visits).toBe(0);
  for (const reader of readers) expect(reader.ids).toHaveLength(1);
  expect(runtime.timers).toBe(before);
});

test("the wheel visits when it was told to, and forgets at once who is removed or asks for no more", () => {
  const runtime = new TestRuntime();
  const wheel = new Heartbeats(INTERVAL, runtime);
  const visits: [string, number][] = [];
  const create = (name: string, waits: number[]): StreamConnection => {
    const visit = (tick: number): number => {
      visits.push([name, tick]);
      return waits.shift() ?? 0;
    };
    return { slot: 0, visit } as unknown as StreamConnection;
  };
  const removed = create("removed", [1, 1, 1]);
  wheel.add(create("stays", [1, 5, 14]));
  wheel.add(removed);
  wheel.add(create("once", []));
  wheel.remove(removed);
  runtime.advance(10 * INTERVAL);
  expect(visits).toEqual([
    ["stays", 13],
    ["once", 13],
    ["stays", 14],
    ["stays", 19],
    ["stays", 33],
  ]);
  wheel.stop();
  expect(runtime.timers).toBe(0);
});
