import { expect, test } from "vitest";
import { TidingsError } from "../../src/errors.ts";
import type { HubObserver } from "../../src/hub/types.ts";
import { memory } from "../../src/stores/memory.ts";
import { eventText, IN_STORE, IN_TAIL, id, listen, publishAll, startHub, TestReader, withMethods } from "./support.ts";

/** An observer that writes down all it is told. */
function createRecorder(): { observer: Required<HubObserver>; told: unknown[][] } {
  const told: unknown[][] = [];
  const observer: Required<HubObserver> = {
    flushed: (flush) => told.push(["flushed", flush]),
    appended: (append) => told.push(["appended", append]),
    appendFailed: (error) => told.push(["appendFailed", error]),
    paged: (page) => told.push(["paged", page]),
    gapTold: (reason) => told.push(["gapTold", reason]),
  };
  return { observer, told };
}

test("a flush is told of once for each audience, whatever the number of its connections", async () => {
  const { observer, told } = createRecorder();
  const { hub, runtime } = await startHub({ observer });
  for (let at = 0; at < 3; at++) await listen(hub, { topics: ["a"] });
  await listen(hub, { topics: ["a", "b"] });
  await listen(hub, { topics: ["c"] });
  told.length = 0;
  await publishAll(hub, "a", ["1", "2"]);
  runtime.endTurn();
  const bytes = eventText(1, "a", "1").length + eventText(2, "a", "2").length;
  expect(told).toEqual([
    ["appended", { events: 1, milliseconds: 0 }],
    ["appended", { events: 1, milliseconds: 0 }],
    ["flushed", { events: 2, connections: 3, bytes, written: 3 * bytes }],
    ["flushed", { events: 2, connections: 1, bytes, written: bytes }],
  ]);
});

test("an append is told of with the events it had and the time it took, or with what it failed of", async () => {
  const { observer, told } = createRecorder();
  const store = memory();
  let fails = false;
  const append = async (batch: Parameters<typeof store.append>[0]) => {
    runtime.time += 7;
    if (fails) throw new TidingsError("store_full", "No space left.");
    return store.append(batch);
  };
  const { hub, runtime } = await startHub({ observer }, withMethods(store, { append }));
  await hub.publishBatch([
    { topic: "a", data: "1" },
    { topic: "b", data: "2" },
  ]);
  fails = true;
  await expect(hub.publish("a", "3")).rejects.toMatchObject({ code: "store_full" });
  // What never came to the store is none of its failures.
  await expect(hub.publish("a//b", "4")).rejects.toMatchObject({ code: "invalid_topic" });
  expect(told).toEqual([
    ["appended", { events: 2, milliseconds: 7 }],
    ["appendFailed", expect.objectContaining({ code: "store_full" })],
  ]);
});

test("a page is told of once, however many read it, out of the store or out of memory", async () => {
  for (const [bounds, source] of [
    [IN_STORE, "store"],
    [IN_TAIL, "tail"],
  ] as const) {
    const { observer, told } = createRecorder();
    const { hub, runtime } = await startHub({ observer }, memory(), bounds);
    await publishAll(hub, "a", ["1", "2", "3"]);
    runtime.endTurn();
    told.length = 0;
    // With a pattern nothing need be asked of the store.
    await Promise.all([1, 2].map(() => listen(hub, { topics: ["a", "b/*"], lastEventId: id(1) })));
    const pages = told.filter(([what]) => what === "paged");
    expect(pages[0]).toEqual(["paged", { source, events: 2 }]);
    expect(pages.filter(([, page]) => (page as { events: number }).events > 0)).toHaveLength(1);
  }
});

test("a gap is told of with its reason, to whomever it was told", async () => {
  const { observer, told } = createRecorder();
  const { hub, runtime } = await startHub({ observer, retention: { maxCount: 1 } }, memory(), IN_STORE);
  await publishAll(hub, "a", ["1", "2", "3"]);
  runtime.endTurn();
  await listen(hub, { topics: ["a"], lastEventId: id(1) });
  await listen(hub, { topics: ["a"], lastEventId: "nobody's" });
  await listen(hub, { topics: ["a"], lastEventId: id(99) });
  await listen(hub, { topics: ["a"], from: "earliest" });
  expect(told.filter(([what]) => what === "gapTold")).toEqual([
    ["gapTold", "trimmed"],
    ["gapTold", "unknown"],
    ["gapTold", "reset"],
  ]);
});

test("an observer need not have all of its methods", async () => {
  const { hub, runtime } = await startHub({ observer: {} }, memory(), IN_STORE);
  const reader = await listen(hub, { topics: ["a"] }, new TestReader());
  await hub.publish("a", "1");
  runtime.endTurn();
  await listen(hub, { topics: ["a"], lastEventId: "nobody's" });
  expect(reader.data).toEqual(["1"]);
});
