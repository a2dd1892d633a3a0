import { expect, test } from "vitest";
import type { Store } from "../../src/ports/store.ts";
import { memory } from "../../src/stores/memory.ts";
import {
  createTestHub,
  EPOCH,
  endText,
  eventText,
  gapText,
  holdReads,
  IN_STORE,
  IN_TAIL,
  id,
  lastEventIdAfter,
  listen,
  liveText,
  openText,
  publishAll,
  settle,
  startHub,
  stopHub,
  TestReader,
  TestRuntime,
  toParts,
  withMethods,
} from "./support.ts";

const PLACES = [
  ["in the tail", IN_TAIL],
  ["in the store", IN_STORE],
] as const;

test("tidings:open of a fresh reader has the id of the last flush, not of what is pending", async () => {
  const { hub, runtime } = await startHub();
  await publishAll(hub, "a", ["1", "2"]);
  runtime.endTurn();
  await hub.publish("a", "3");
  const reader = await listen(hub, { topics: ["*"] });
  expect(reader.text()).toBe(openText(1, ["*"], 2) + liveText(2));
  runtime.endTurn();
  expect(reader.text(2)).toBe(eventText(3, "a", "3"));
});

test.each(PLACES)("tidings:open of a reader that resumes has its own id; history %s", async (_, bounds) => {
  const { hub, runtime } = await startHub({}, memory(), bounds);
  await publishAll(hub, "a", ["1", "2"]);
  await hub.publish("b", "other");
  await hub.publish("a", "4");
  runtime.endTurn();
  for (const topics of [["a"], ["a", "c/*"]]) {
    const reader = await listen(hub, { topics, lastEventId: id(1) });
    await settle();
    const n = hub.connections().length;
    expect(reader.text()).toBe(openText(n, topics, 1) + eventText(2, "a", "2") + eventText(4, "a", "4") + liveText(4));
  }
});

test("a reader that has everything is live at once, at the head", async () => {
  const { hub, runtime } = await startHub();
  await publishAll(hub, "a", ["1", "2"]);
  runtime.endTurn();
  const reader = await listen(hub, { topics: ["a"], lastEventId: id(2) });
  expect(reader.text()).toBe(openText(1, ["a"], 2) + liveText(2));
});

test("a reader of quiet topics resumes from its own id and is live at the head", async () => {
  const { hub, runtime } = await startHub({}, memory(), IN_STORE);
  await publishAll(hub, "busy", ["1", "2", "3"]);
  runtime.endTurn();
  const reader = await listen(hub, { topics: ["quiet"], lastEventId: id(0) });
  expect(reader.text()).toBe(openText(1, ["quiet"], 0) + liveText(3));
});

test.each(PLACES)(
  "an id above the head is of a log that is no longer there: a reset; history %s",
  async (_, bounds) => {
    const { hub, runtime } = await startHub({}, memory(), bounds);
    await publishAll(hub, "a", ["1", "2"]);
    runtime.endTurn();
    for (const topics of [["a"], ["*"]]) {
      const reader = await listen(hub, { topics, lastEventId: id(9) });
      const n = hub.connections().length;
      expect(reader.text()).toBe(openText(n, topics) + gapText("reset", id(9), id(2)) + liveText(2));
    }
  },
);

test("an id that was trimmed past: a gap, then everything held", async () => {
  const { hub, runtime } = await startHub({ retention: { maxCount: 2 } }, memory(), IN_STORE);
  await publishAll(hub, "a", ["1", "2", "3", "4", "5"]);
  runtime.endTurn();
  const held = eventText(4, "a", "4") + eventText(5, "a", "5");
  const behind = await listen(hub, { topics: ["a"], lastEventId: id(1) });
  expect(behind.text()).toBe(openText(1, ["a"]) + gapText("trimmed", id(1), id(3)) + held + liveText(5));
  const edge = await listen(hub, { topics: ["a"], lastEventId: id(3) });
  expect(edge.text()).toBe(openText(2, ["a"], 3) + held + liveText(5));
  const other = await listen(hub, { topics: ["b"], lastEventId: id(1) });
  expect(other.text()).toBe(openText(3, ["b"], 1) + liveText(5));
});

test("everything a reader missed is gone: the gap leads to the head", async () => {
  const { hub, runtime } = await startHub({}, memory(), IN_STORE);
  await publishAll(hub, "a", ["1", "2"]);
  await hub.publish("b", "3");
  await hub.deleteTopic("a");
  runtime.endTurn();
  const reader = await listen(hub, { topics: ["a"], lastEventId: id(1) });
  expect(reader.text()).toBe(openText(1, ["a"]) + gapText("trimmed", id(1), id(2)) + liveText(3));
});

test("of several topics, a gap leads below everything that one of them still holds", async () => {
  const retention = { topics: { a: { maxCount: 1 } } };
  const { hub, runtime } = await startHub({ retention }, memory(), IN_STORE);
  await hub.publish("a", "1");
  await hub.publish("b", "2");
  await publishAll(hub, "a", ["3", "4"]);
  runtime.endTurn();
  const rest = eventText(2, "b", "2") + eventText(4, "a", "4") + liveText(4);
  const from0 = await listen(hub, { topics: ["a", "b"], lastEventId: id(0) });
  expect(from0.text()).toBe(openText(1, ["a", "b"]) + gapText("trimmed", id(0), id(1)) + rest);
  const from2 = await listen(hub, { topics: ["a", "b"], lastEventId: id(2) });
  expect(from2.text()).toBe(
    openText(2, ["a", "b"]) + gapText("trimmed", id(2), id(3)) + eventText(4, "a", "4") + liveText(4),
  );
  const quiet = await listen(hub, { topics: ["b", "c"], lastEventId: id(0) });
  expect(quiet.text()).toBe(openText(3, ["b", "c"], 0) + eventText(2, "b", "2") + liveText(4));
});

test("a gap never leads below the id that the reader came with", async () => {
  const retention = { topics: { a: { maxCount: 1 } } };
  const { hub, runtime } = await startHub({ retention }, memory(), IN_STORE);
  await hub.publish("a", "1");
  await hub.publish("b", "2");
  await publishAll(hub, "a", ["3", "4"]);
  runtime.endTurn();
  const reader = await listen(hub, { topics: ["a", "b"], lastEventId: id(1) });
  expect(reader.named("tidings:gap")[0]?.id).toBe(id(1));
  expect(reader.data).toEqual(["2", "4"]);
});

test("an id of an earlier epoch is good up to where that ended; what was numbered beyond is a reset, from the fork", async () => {
  const store = memory();
  const first = createTestHub({}, store);
  await first.hub.ready;
  await publishAll(first.hub, "a", ["1", "2"]);
  await stopHub(first);

  const runtime = new TestRuntime();
  runtime.time += 1_000;
  const { hub } = await startHub({ runtime }, store);
  await hub.publish("a", "3");
  runtime.endTurn();
  const epoch = `${(Date.UTC(2026, 0, 1) + 1_000).toString(36)}i000`;
  const third = `id: ${epoch}-3\ntopic: a\ndata: 3\n\n`;
  const live = `id: ${epoch}-3\nevent: tidings:live\ndata: {}\n\n`;

  const good = await listen(hub, { topics: ["a"], lastEventId: id(1) });
  expect(good.text()).toBe(openText(1, ["a"], 1) + eventText(2, "a", "2") + third + live);
  const beyond = await listen(hub, { topics: ["a"], lastEventId: id(5) });
  expect(beyond.text()).toBe(openText(2, ["a"]) + gapText("reset", id(5), id(2)) + third + live);
  const beyondByTail = await listen(hub, { topics: ["*"], lastEventId: id(3) });
  expect(beyondByTail.text()).toBe(openText(3, ["*"]) + gapText("reset", id(3), id(2)) + third + live);
  const unknownEpoch = await listen(hub, { topics: ["a"], lastEventId: "zzz-1" });
  expect(unknownEpoch.text()).toBe(openText(4, ["a"]) + gapText("reset", "zzz-1", id(2)) + third + live);
  const notOurs = await listen(hub, { topics: ["a"], lastEventId: "41" });
  expect(notOurs.text()).toBe(openText(5, ["a"]) + gapText("unknown", "41", id(2)) + third + live);
});

test.each(["41", "x", `${EPOCH}-`, `${EPOCH}-01`, `${EPOCH}--1`, ` ${EPOCH}-1`, `${EPOCH.toUpperCase()}-1`, "\u2028"])(
  "the id %j is none of ours: a gap, and the whole epoch",
  async (lastEventId) => {
    const { hub, runtime } = await startHub();
    await hub.publish("a", "1");
    runtime.endTurn();
    const reader = await listen(hub, { topics: ["a"], lastEventId });
    expect(reader.text()).toBe(
      openText(1, ["a"]) + gapText("unknown", lastEventId, id(0)) + eventText(1, "a", "1") + liveText(1),
    );
  },
);

test("of an unknown id no more than 256 characters are told back", async () => {
  const { hub } = await startHub();
  const reader = await listen(hub, { topics: ["a"], lastEventId: "x".repeat(10_000) });
  expect(reader.text()).toBe(openText(1, ["a"]) + gapText("unknown", "x".repeat(256), id(0)) + liveText(0));
});

test("an unknown id where history was trimmed too is one gap, for the first reason", async () => {
  const { hub, runtime } = await startHub({ retention: { maxCount: 1 } }, memory(), IN_STORE);
  await publishAll(hub, "a", ["1", "2", "3"]);
  runtime.endTurn();
  const reader = await listen(hub, { topics: ["a"], lastEventId: "41" });
  expect(reader.text()).toBe(
    openText(1, ["a"]) + gapText("unknown", "41", id(2)) + eventText(3, "a", "3") + liveText(3),
  );
});

test("one loss is one gap, over however many pages the replay goes", async () => {
  const retention = { topics: { trimmed: { maxCount: 1 } } };
  const { hub, runtime } = await startHub({ retention }, memory(), IN_STORE);
  const data = Array.from({ length: 12 }, (_, at) => String(at).padEnd(20_000, "x"));
  await publishAll(hub, "held", data);
  await publishAll(hub, "trimmed", ["1", "2", "3"]);
  runtime.endTurn();
  const reader = await listen(hub, { topics: ["held", "trimmed"], lastEventId: id(0) });
  await settle();
  expect(reader.named("tidings:gap")).toHaveLength(1);
  expect(reader.blocks[1]).toMatchObject({ event: "tidings:gap", id: id(0) });
  expect(reader.data).toEqual([...data, "3"]);
  expect(reader.writes.length).toBeGreaterThan(5);
});

test("retention that passes a slow reader in the middle of its replay is a new gap, in mid-stream", async () => {
  const { hub, runtime } = await startHub({ retention: { maxCount: 15 } }, memory(), IN_STORE);
  const data = Array.from({ length: 15 }, (_, at) => String(at + 1).padEnd(20_000, "x"));
  await publishAll(hub, "a", data);
  runtime.endTurn();
  const reader = new TestReader();
  reader.stalled = true;
  await listen(hub, { topics: ["a"], lastEventId: id(0) }, reader);
  await settle();
  const seen = reader.data.length;
  expect(seen).toBeGreaterThan(0);
  expect(seen).toBeLessThan(10);

  await publishAll(
    hub,
    "a",
    Array.from({ length: 10 }, (_, at) => String(at + 16)),
  );
  runtime.endTurn();
  const before = reader.writes.length;
  reader.drain();
  await settle();
  const trimmedTo = 25 - 15;
  const [gap, next] = toParts(reader.text(before));
  expect(gap).toBe(gapText("trimmed", id(seen), id(trimmedTo)));
  expect(next).toBe(eventText(trimmedTo + 1, "a", data[trimmedTo] as string));
  expect(reader.named("tidings:gap")).toHaveLength(1);
  expect(reader.named("tidings:live")).toHaveLength(1);
  expect(reader.data.slice(0, seen)).toEqual(data.slice(0, seen));
  expect(reader.events.slice(seen).map((block) => block.id)).toEqual(
    Array.from({ length: 15 }, (_, at) => id(trimmedTo + 1 + at)),
  );
});

test("a trim of what a reader has seen is no gap to it when it falls behind", async () => {
  const options = { retention: { maxCount: 2 }, limits: { bufferedBytes: 10 } };
  const { hub, runtime } = await startHub(options, memory(), IN_STORE);
  const reader = await listen(hub, { topics: ["a"] });
  await publishAll(hub, "a", ["1", "2", "3", "4", "5"]);
  runtime.endTurn();
  reader.stalled = true;
  for (const data of ["6", "7"]) {
    await hub.publish("a", data);
    runtime.endTurn();
  }
  expect(hub.connections()[0]).toMatchObject({ state: "catching-up", position: id(6) });
  reader.drain();
  await settle();
  expect(reader.data).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
  expect(reader.named("tidings:gap")).toEqual([]);
});

test("a page that was read before a delete is not given to who comes after it", async () => {
  const held = holdReads(memory());
  const { hub, runtime } = await startHub({}, held.store, IN_STORE);
  await publishAll(
    hub,
    "secret",
    Array.from({ length: 8 }, (_, at) => `secret ${at}`.padEnd(20_000, "x")),
  );
  await hub.publish("a", "open");
  runtime.endTurn();
  const before = listen(hub, { topics: ["a", "secret"], lastEventId: id(0) });
  await settle();
  expect(held.waiting()).toBe(1);
  await hub.deleteTopic("secret");
  await held.release();
  const after = listen(hub, { topics: ["a", "secret"], lastEventId: id(0) });
  for (let step = 0; step < 5; step++) await held.release();
  const reader = await after;
  expect(reader.data).toEqual(["open"]);
  expect(reader.named("tidings:gap")).toHaveLength(1);
  // Who was there before is told that something is missing too.
  expect((await before).data.at(-1)).toBe("open");
  expect((await before).named("tidings:gap")).toHaveLength(1);
});

test("readers at the same place share what was read for them, for a while", async () => {
  const held = holdReads(memory());
  const { hub, runtime } = await startHub({}, held.store, IN_STORE);
  const data = Array.from({ length: 8 }, (_, at) => String(at).padEnd(20_000, "x"));
  await publishAll(hub, "a", data);
  runtime.endTurn();
  const replay = async (): Promise<TestReader> => {
    const opening = listen(hub, { topics: ["a"], lastEventId: id(0) });
    for (let step = 0; step < 5; step++) await held.release();
    const reader = await opening;
    expect(reader.data).toEqual(data);
    return reader;
  };
  const [first, second] = [await replay(), await replay()];
  expect(second.writes[1]).toBe(first.writes[1]);
  const reads = held.reads();
  await replay();
  expect(held.reads()).toBe(reads);
  // The last page led to the head of its time, and is read anew as soon as that has moved on.
  data.push("9");
  await publishAll(hub, "a", ["9"]);
  runtime.endTurn();
  await replay();
  expect(held.reads()).toBe(reads + 1);
  runtime.advance(30_000);
  const late = await replay();
  expect(late.writes[1]).not.toBe(first.writes[1]);
});

test("tidings:live comes exactly once, also to a reader that falls behind and catches up again", async () => {
  const { hub, runtime } = await startHub({ limits: { bufferedBytes: 10 } });
  const reader = await listen(hub, { topics: ["a"], lastEventId: id(0) });
  for (let round = 0; round < 3; round++) {
    reader.stalled = true;
    for (let at = 0; at < 3; at++) {
      await hub.publish("a", `${round}:${at}`);
      runtime.endTurn();
    }
    expect(hub.connections()[0]?.state).toBe("catching-up");
    reader.drain();
    await settle();
    expect(hub.connections()[0]?.state).toBe("live");
  }
  expect(reader.named("tidings:live").map((block) => block.id)).toEqual([id(0)]);
  expect(reader.data).toEqual(["0:0", "0:1", "0:2", "1:0", "1:1", "1:2", "2:0", "2:1", "2:2"]);
});

test("a page of the store that is ahead of the last flush is not flushed to its reader again", async () => {
  const held = holdReads(memory());
  const { hub, runtime } = await startHub({}, held.store, IN_STORE);
  const others = listen(hub, { topics: ["*"] });
  await hub.publish("a", "1");
  runtime.endTurn();
  await hub.publish("a", "2");
  const joining = listen(hub, { topics: ["a"], lastEventId: id(0) });
  await held.release();
  const reader = await joining;
  await hub.publish("a", "3");
  runtime.endTurn();
  expect(reader.data).toEqual(["1", "2", "3"]);
  expect((await others).data).toEqual(["1", "2", "3"]);
});

// What a cut leaves behind: after any block of a stream, the reader comes back with the last event id of what it got.
test.each(
  PLACES.flatMap(([place, bounds]) =>
    [["a", "c"], ["a", "c/**"], ["*"]].map((topics) => [topics.join(" "), place, topics, bounds] as const),
  ),
)(
  "a replay of %s, history %s, cut after any block and resumed: the rest, exactly once",
  async (_, __, topics, bounds) => {
    const { hub, runtime } = await startHub({}, memory(), bounds);
    const expected: string[] = [];
    for (let at = 0; at < 24; at++) {
      const topic = ["a", "b", "c"][at % 3] as string;
      const data = `${at}`.padEnd(at % 4 === 0 ? 20_000 : 3, "x");
      await hub.publish(topic, data);
      if (topic !== "b" ? topic === "a" || topics.includes("c") || topics.includes("*") : topics.includes("*")) {
        expected.push(data);
      }
    }
    runtime.endTurn();
    const whole = await listen(hub, { topics, lastEventId: id(0) });
    await settle();
    expect(whole.data).toEqual(expected);
    const { parts } = whole;
    expect(parts).toHaveLength(expected.length + 2);

    for (let cut = 0; cut <= parts.length; cut++) {
      const prefix = parts.slice(0, cut).join("");
      const lastEventId = lastEventIdAfter(prefix, id(0));
      const rest = await listen(hub, { topics, lastEventId });
      await settle();
      const got = parts.slice(1, Math.max(1, Math.min(cut, parts.length - 1))).length;
      expect(rest.data).toEqual(expected.slice(got));
      expect(rest.named("tidings:gap")).toEqual([]);
      rest.handle?.closed();
    }
  },
);

test("a replay with a gap, cut after any block and resumed: everything held, exactly once, and never without a gap", async () => {
  const retention = { topics: { a: { maxCount: 2 } } };
  const { hub, runtime } = await startHub({ retention }, memory(), IN_STORE);
  for (let at = 1; at <= 12; at++) await hub.publish(["a", "b"][at % 2] as string, String(at));
  runtime.endTurn();
  const topics = ["a", "b"];
  const whole = await listen(hub, { topics, lastEventId: id(2) });
  const expected = ["3", "5", "7", "9", "10", "11", "12"];
  expect(whole.data).toEqual(expected);
  const { parts } = whole;
  for (let cut = 0; cut <= parts.length; cut++) {
    const prefix = parts.slice(0, cut).join("");
    const rest = await listen(hub, { topics, lastEventId: lastEventIdAfter(prefix, id(2)) });
    const got = Math.min(Math.max(0, cut - 2), expected.length);
    expect(rest.data).toEqual(expected.slice(got));
    // A reader that was cut before the gap reached it must not be left without one.
    if (cut < 2) expect(rest.named("tidings:gap")).toHaveLength(1);
  }
});

/** A store whose tail tells of each append only when a test lets it. */
function lateTail(): { store: Store; tell: () => void } {
  const store = memory();
  const untold: (() => void)[] = [];
  return {
    store: withMethods(store, {
      tail: (after, listener) => store.tail(after, (entries) => untold.push(() => listener(entries))),
    }),
    tell: () => untold.shift()?.(),
  };
}

test("a store whose pages know of an end before its tail tells it: the response ends with the end, not before", async () => {
  const { store, tell } = lateTail();
  const { hub, runtime } = await startHub({}, store, IN_STORE);
  await hub.publish("a", "1");
  tell();
  runtime.endTurn();
  await hub.publish("a", "2", { end: true });
  const reader = await listen(hub, { topics: ["a"], lastEventId: id(0) });
  expect(reader.data).toEqual(["1"]);
  expect(reader.ended).toBe(false);
  tell();
  runtime.endTurn();
  expect(reader.text().endsWith(eventText(2, "a", "2") + endText(2, "a"))).toBe(true);
  expect(reader.ended).toBe(true);
});

test("a store whose pages know more than its tail has told yet: once each, in order, and no reader waits for ever", async () => {
  const late = lateTail();
  const { hub, runtime } = await startHub({}, late.store, IN_STORE);
  const tell = (): void => {
    late.tell();
    runtime.endTurn();
  };
  await publishAll(hub, "a", ["1", "2", "3", "4"]);
  tell();
  const wishes = [{ lastEventId: id(0) }, { from: "earliest" }, { last: "2" }];
  const readers = [];
  for (const wish of wishes) readers.push(await listen(hub, { topics: ["a"], ...wish }));
  for (const reader of readers) expect(reader.data).toEqual(reader === readers[2] ? [] : ["1"]);
  tell();
  readers.push(await listen(hub, { topics: ["a"], lastEventId: id(1) }));
  tell();
  tell();
  expect(readers.map(({ data }) => data.join(""))).toEqual(["1234", "1234", "234", "234"]);
});
