import { expect, test, vi } from "vitest";
import type { Hub } from "../../src/hub/types.ts";
import { IN_STORE, listen, publishAll, settle, startHub, type TestReader } from "./support.ts";

// What an application does from within a call of the hub's: the memory store tells the tail before `publish` returns.

/** Larger than what waits for the end of the turn. */
const LARGE = "x".repeat(300 * 1024);

test("what an observer publishes from within a flush goes out with the next, and nothing is lost or repeated", async () => {
  let hub: Hub | undefined;
  let left = 3;
  const flushed = (): void => {
    if (left-- > 0) void hub?.publish("a", `flush ${left}`);
  };
  const started = await startHub({ observer: { flushed } });
  hub = started.hub;
  const readers = [await listen(hub, { topics: ["a"] }), await listen(hub, { topics: ["a", "b"] })];
  await hub.publish("a", "first");
  for (let turn = 0; turn < 5; turn++) {
    started.runtime.endTurn();
    await settle();
  }
  for (const { data } of readers) expect(data).toEqual(["first", "flush 2", "flush 1", "flush 0"]);
});

test("what an observer publishes from within a flush that a large batch brought on comes behind the batch", async () => {
  let hub: Hub | undefined;
  let left = 2;
  const flushed = (): void => {
    if (left-- > 0) void hub?.publish("a", `flush ${left}`);
  };
  const started = await startHub({ observer: { flushed } });
  hub = started.hub;
  const reader = await listen(hub, { topics: ["a"] });
  await hub.publishBatch(["1", LARGE, "3", LARGE, "5"].map((data) => ({ topic: "a", data })));
  for (let turn = 0; turn < 5; turn++) {
    started.runtime.endTurn();
    await settle();
  }
  expect(offsets(reader)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(reader.data.slice(5)).toEqual(["flush 1", "flush 0"]);
});

test("however much an observer publishes from within one flush, all of it goes out", async () => {
  const MANY = 20_000;
  let hub: Hub | undefined;
  let isFirst = true;
  const flushed = (): void => {
    if (!isFirst) return;
    isFirst = false;
    for (let n = 0; n < MANY; n++) void hub?.publish("a", n);
  };
  const started = await startHub({ observer: { flushed } });
  hub = started.hub;
  const reader = await listen(hub, { topics: ["a"] });
  await hub.publish("a", "first");
  for (let turn = 0; turn < 5; turn++) {
    started.runtime.endTurn();
    await settle();
  }
  expect(offsets(reader)).toEqual(Array.from({ length: MANY + 1 }, (_, n) => n + 1));
});

test("what an observer publishes while a topic is deleted is there after it", async () => {
  let hub: Hub | undefined;
  let left = 1;
  const flushed = (): void => {
    if (left-- > 0) void hub?.publish("a", "after");
  };
  const started = await startHub({ observer: { flushed } });
  hub = started.hub;
  const reader = await listen(hub, { topics: ["a"] });
  await hub.publish("a", "before");
  await hub.deleteTopic("a");
  started.runtime.endTurn();
  await settle();
  started.runtime.endTurn();
  expect(reader.data).toEqual(["before", "after"]);
  const late = await listen(hub, { topics: ["a"], from: "earliest" });
  await settle();
  expect(late.data).toEqual(["after"]);
});

test("what an observer publishes while a page is made goes out behind it", async () => {
  for (const bounds of [IN_STORE, undefined]) {
    let hub: Hub | undefined;
    let left = 0;
    const paged = (): void => {
      if (left-- > 0) void hub?.publish("a", LARGE);
    };
    const started = await startHub({ observer: { paged } }, undefined, bounds);
    hub = started.hub;
    await publishAll(hub, "a", ["1", "2"]);
    started.runtime.endTurn();
    left = 1;
    const reader = await listen(hub, { topics: ["a"], from: "earliest" });
    for (let turn = 0; turn < 5; turn++) {
      await settle();
      started.runtime.endTurn();
    }
    expect(offsets(reader)).toEqual([1, 2, 3]);
  }
});

test("a reader that an observer closes when it is told of its gap gets its bye and nothing behind it", async () => {
  let hub: Hub | undefined;
  const gapTold = (): void => {
    for (const { id } of hub?.connections() ?? []) hub?.disconnect(id);
  };
  const started = await startHub({ observer: { gapTold }, retention: { maxCount: 1 } }, undefined, IN_STORE);
  hub = started.hub;
  const reader = await listen(hub, { topics: ["a"] });
  const write = vi.spyOn(reader, "write");
  reader.stalled = true;
  await hub.publish("a", LARGE);
  started.runtime.endTurn();
  await publishAll(hub, "a", ["2", "3", "4"]);
  started.runtime.endTurn();
  reader.drain();
  await settle();
  expect(reader.blocks.slice(-2).map(({ event }) => event)).toEqual(["tidings:gap", "tidings:bye"]);
  expect(String(write.mock.lastCall)).toBe(String(reader.writes.at(-1)));
});

function offsets({ events }: TestReader): number[] {
  return events.map(({ id }) => Number(id.split("-")[1]));
}
