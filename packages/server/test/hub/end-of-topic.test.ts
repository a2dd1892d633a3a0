import { expect, test } from "vitest";
import type { DisconnectReason, HubOptions } from "../../src/hub/types.ts";
import { memory } from "../../src/stores/memory.ts";
import {
  endText,
  eventText,
  gapText,
  holdReads,
  IN_STORE,
  IN_TAIL,
  id,
  listen,
  liveText,
  openText,
  refused,
  settle,
  startHub,
  withMethods,
} from "./support.ts";

const PLACES = [
  ["in the tail", IN_TAIL],
  ["in the store", IN_STORE],
] as const;

function recordReasons(): HubOptions & { reasons: DisconnectReason[] } {
  const reasons: DisconnectReason[] = [];
  return { reasons, onDisconnected: (_, reason) => reasons.push(reason) };
}

test("a topic ends with an event: it, then tidings:end with the same id, then the response, without a bye", async () => {
  const { reasons, ...options } = recordReasons();
  const { hub, runtime } = await startHub(options);
  const reader = await listen(hub, { topics: ["a"] });
  expect(await hub.publish("a", "last", { end: true })).toEqual({ id: id(1), topic: "a", repeated: false });
  expect(reader.ended).toBe(false);
  runtime.endTurn();
  expect(reader.text(2)).toBe(eventText(1, "a", "last") + endText(1, "a"));
  expect(reader.writes).toHaveLength(3);
  expect(reader.ended).toBe(true);
  await settle();
  expect(reasons).toEqual(["ended"]);
  expect(hub.status().connections).toBe(0);
});

test("a topic ends without an event: tidings:end alone", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  await hub.end("a");
  runtime.endTurn();
  expect(reader.text(2)).toBe(endText(1, "a"));
  expect(reader.ended).toBe(true);
});

test("the response ends when all of its topics have, in any order", async () => {
  const { hub, runtime } = await startHub();
  const all = await listen(hub, { topics: ["a", "b", "c"] });
  const two = await listen(hub, { topics: ["a", "b"] });
  for (const [topic, ended] of [
    ["b", [false, false]],
    ["a", [false, true]],
    ["c", [true, true]],
  ] as const) {
    await hub.publish(topic, `${topic} is over`, { end: true });
    runtime.endTurn();
    expect([all.ended, two.ended]).toEqual(ended);
  }
  expect(all.text(2)).toBe(
    ["b", "a", "c"].map((topic, at) => eventText(at + 1, topic, `${topic} is over`) + endText(at + 1, topic)).join(""),
  );
});

test("a response with a pattern never ends: a new topic may come", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a", "b/*"] });
  await hub.end("a");
  await hub.end("b/1");
  runtime.endTurn();
  expect(reader.ended).toBe(false);
  await hub.publish("b/2", "on");
  runtime.endTurn();
  expect(reader.text(2)).toBe(endText(1, "a") + endText(2, "b/1") + eventText(3, "b/2", "on"));
  expect(reader.ended).toBe(false);
  const back = await listen(hub, { topics: ["a", "b/*"], lastEventId: id(3) });
  expect(back.text()).toBe(openText(2, ["a", "b/*"], 3) + liveText(3));
});

test.each(PLACES)(
  "who comes back with everything gets 204; with less, the rest and the end; history %s",
  async (_, bounds) => {
    const { hub, runtime } = await startHub({}, memory(), bounds);
    await hub.publish("a", "1");
    await hub.publish("b", "2");
    await hub.publish("a", "3", { end: true });
    await hub.publish("busy", "4");
    runtime.endTurn();
    for (const lastEventId of [id(3), id(4)]) {
      expect(await refused(hub, { topics: ["a"], lastEventId })).toEqual({
        kind: "refusal",
        status: 204,
        headers: { "cache-control": "no-store" },
        body: "",
      });
    }
    const behind = await listen(hub, { topics: ["a"], lastEventId: id(1) });
    await settle();
    expect(behind.text()).toBe(openText(1, ["a"], 1) + eventText(3, "a", "3") + endText(3, "a"));
    expect(behind.ended).toBe(true);
    // One of the two goes on.
    const open = await listen(hub, { topics: ["a", "b"], lastEventId: id(4) });
    expect(open.text()).toBe(openText(2, ["a", "b"], 4) + liveText(4));
    expect(open.ended).toBe(false);
    await hub.end("b");
    runtime.endTurn();
    expect(open.ended).toBe(true);
    expect((await refused(hub, { topics: ["a", "b"], lastEventId: id(5) })).status).toBe(204);
  },
);

test("who comes without a cursor gets 200: open, what it asked for, and the end of the response", async () => {
  const { hub, runtime } = await startHub();
  await hub.publish("a", "1");
  await hub.publish("a", "2", { end: true });
  runtime.endTurn();
  const history = eventText(1, "a", "1") + eventText(2, "a", "2") + endText(2, "a");
  const now = await listen(hub, { topics: ["a"] });
  expect(now.text()).toBe(openText(1, ["a"], 2));
  const earliest = await listen(hub, { topics: ["a"], from: "earliest" });
  expect(earliest.text()).toBe(openText(2, ["a"], 0) + history);
  const last = await listen(hub, { topics: ["a"], last: "1" });
  expect(last.text()).toBe(openText(3, ["a"]) + eventText(2, "a", "2") + endText(2, "a"));
  const greeted = await listen(hub, { topics: ["a"], onConnect: (connection) => connection.send("hello") });
  expect(greeted.text()).toBe(`${openText(4, ["a"], 2)}data: hello\n\n`);
  for (const reader of [now, earliest, last, greeted]) expect(reader.ended).toBe(true);
});

test("an id that is none of ours is a gap to a reader of ended topics too, not a 204", async () => {
  const { hub, runtime } = await startHub();
  await hub.end("a");
  runtime.endTurn();
  const unknown = await listen(hub, { topics: ["a"], lastEventId: "41" });
  expect(unknown.text()).toBe(openText(1, ["a"]) + gapText("unknown", "41", id(0)) + endText(1, "a"));
  expect(unknown.ended).toBe(true);
});

test("a reader to whom part of an ended topic is lost gets the gap, then the end of the response", async () => {
  const { hub, runtime } = await startHub({ retention: { maxCount: 1 } }, memory(), IN_STORE);
  for (const data of ["1", "2"]) await hub.publish("a", data);
  await hub.publish("a", "3", { end: true });
  runtime.endTurn();
  const reader = await listen(hub, { topics: ["a"], lastEventId: id(1) });
  await settle();
  expect(reader.text()).toBe(
    openText(1, ["a"]) + gapText("trimmed", id(1), id(2)) + eventText(3, "a", "3") + endText(3, "a"),
  );
  expect(reader.ended).toBe(true);
});

test("who missed all of an ended topic, its end too, gets the gap and the end of the response, not a 204", async () => {
  const { hub, runtime } = await startHub({ retention: { maxTotalBytes: 2_000 } }, memory(), IN_STORE);
  await hub.publish("a", "1");
  await hub.publish("a", "2", { end: true });
  await hub.publish("b", "x".repeat(1_700));
  runtime.endTurn();
  expect((await hub.topics()).map(({ topic, count, ended }) => [topic, count, ended])).toEqual([
    ["a", 0, true],
    ["b", 1, false],
  ]);
  const reader = await listen(hub, { topics: ["a"], lastEventId: id(1) });
  expect(reader.text()).toBe(openText(1, ["a"]) + gapText("trimmed", id(1), id(2)));
  expect(reader.ended).toBe(true);
  expect((await refused(hub, { topics: ["a"], lastEventId: id(2) })).status).toBe(204);
});

test("a slow reader gets the end before its response ends", async () => {
  const { hub, runtime } = await startHub({ limits: { bufferedBytes: 10 } });
  const reader = await listen(hub, { topics: ["a"] });
  reader.stalled = true;
  for (const data of ["1", "2"]) {
    await hub.publish("a", data);
    runtime.endTurn();
  }
  await hub.publish("a", "3", { end: true });
  runtime.endTurn();
  expect(reader.ended).toBe(false);
  reader.drain();
  await settle();
  expect(reader.data).toEqual(["1", "2", "3"]);
  expect(reader.text().endsWith(endText(3, "a"))).toBe(true);
  expect(reader.ended).toBe(true);
});

test("nothing more can be published to an ended topic, but a repeated key still answers as the first time", async () => {
  const { hub } = await startHub();
  const first = await hub.publish("a", "1", { idempotencyKey: "k1" });
  const last = await hub.publish("a", "2", { idempotencyKey: "k2", end: true });
  for (const attempt of [
    () => hub.publish("a", "3"),
    () => hub.end("a"),
    () => hub.publish("a", "3", { idempotencyKey: "k3" }),
    () => hub.publishBatch([{ topic: "a", data: "3" }]),
  ]) {
    await expect(attempt()).rejects.toMatchObject({ code: "topic_ended", status: 409, field: "topic" });
  }
  await expect(
    hub.publishBatch([
      { topic: "b", data: "1" },
      { topic: "a", data: "3" },
    ]),
  ).rejects.toMatchObject({ code: "topic_ended", index: 1 });
  expect(await hub.publish("a", "1", { idempotencyKey: "k1" })).toEqual({ ...first, repeated: true });
  expect(await hub.publish("a", "2", { idempotencyKey: "k2", end: true })).toEqual({ ...last, repeated: true });
  expect((await hub.topics()).map(({ topic, count, ended }) => [topic, count, ended])).toEqual([["a", 2, true]]);
});

test("a topic that was ended, deleted and published to again is a topic like any other", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a", "b"] });
  await hub.publish("a", "1", { end: true });
  runtime.endTurn();
  expect(await hub.deleteTopic("a")).toBe(true);
  await hub.publish("a", "2");
  await hub.end("b");
  runtime.endTurn();
  expect(reader.ended).toBe(false);
  expect(reader.text(2)).toBe(eventText(1, "a", "1") + endText(1, "a") + eventText(2, "a", "2") + endText(3, "b"));
  const back = await listen(hub, { topics: ["a"], lastEventId: id(1) });
  expect(back.text()).toBe(openText(2, ["a"], 1) + eventText(2, "a", "2") + liveText(3));
  const fromBefore = await listen(hub, { topics: ["a"], lastEventId: id(0) });
  expect(fromBefore.text()).toBe(
    openText(3, ["a"]) + gapText("trimmed", id(0), id(1)) + eventText(2, "a", "2") + liveText(3),
  );
  await hub.end("a");
  runtime.endTurn();
  for (const each of [reader, back, fromBefore]) expect(each.ended).toBe(true);
});

test("a topic that ends and is deleted within one turn: its end is told, and the response goes on or ends with it", async () => {
  const { hub, runtime } = await startHub();
  const both = await listen(hub, { topics: ["a", "b"] });
  const one = await listen(hub, { topics: ["a"] });
  await hub.publish("a", "1", { end: true });
  await hub.deleteTopic("a");
  await hub.publish("a", "2");
  runtime.endTurn();
  expect(both.text(2)).toBe(eventText(1, "a", "1") + endText(1, "a") + eventText(2, "a", "2"));
  expect(both.ended).toBe(false);
  expect(one.text(2)).toBe(eventText(1, "a", "1") + endText(1, "a"));
  expect(one.ended).toBe(true);
});

test("retention that forgets an ended topic lifts its end for those who listen", async () => {
  const { hub, runtime } = await startHub({ retention: { maxAge: 10_000 } });
  const reader = await listen(hub, { topics: ["a", "b"] });
  await hub.publish("a", "1", { end: true });
  runtime.endTurn();
  runtime.advance(60_000);
  await settle();
  expect(await hub.topics()).toEqual([]);
  await hub.publish("a", "2");
  await hub.end("b");
  runtime.endTurn();
  expect(reader.ended).toBe(false);
  expect(reader.data).toEqual(["1", "2"]);
});

test("a page that was read before a topic was deleted does not end the topic that came after it", async () => {
  const held = holdReads(memory());
  const { hub, runtime } = await startHub({}, held.store, IN_STORE);
  await hub.publish("a", "1", { end: true });
  runtime.endTurn();
  const opening = listen(hub, { topics: ["a"], lastEventId: id(0) });
  await settle();
  expect(held.waiting()).toBe(1);
  await hub.deleteTopic("a");
  await hub.publish("a", "2");
  runtime.endTurn();
  await held.release();
  const reader = await opening;
  while (held.waiting() > 0) await held.release();
  await hub.publish("a", "3");
  runtime.endTurn();
  expect(reader.ended).toBe(false);
  expect(reader.data.slice(-2)).toEqual(["2", "3"]);
});

test("a store that gives its pages in small steps: the end is told before the response ends, and no 204 before that", async () => {
  const store = memory();
  const scanned = withMethods(store, {
    // As far as one publication reaches, whosever it is.
    read: async (request) => {
      const page = await store.read({ ...request, filter: { topics: [], patterns: ["**"] }, limit: 1 });
      const { ended, trimmedTo } = await store.read(request);
      const wanted = page.publications.filter(({ topic }) => request.filter.topics.includes(topic));
      return { publications: wanted, scannedTo: page.publications[0]?.offset ?? page.scannedTo, trimmedTo, ended };
    },
  });
  const { hub, runtime } = await startHub({}, scanned, IN_STORE);
  await hub.publish("a", "1");
  await hub.publish("b", "2");
  await hub.publish("b", "3");
  await hub.publish("a", "4", { end: true });
  await hub.publish("b", "5");
  runtime.endTurn();
  const reader = await listen(hub, { topics: ["a"], lastEventId: id(1) });
  await settle();
  expect(reader.text()).toBe(openText(1, ["a"], 1) + eventText(4, "a", "4") + endText(4, "a"));
  expect(reader.ended).toBe(true);
  expect((await refused(hub, { topics: ["a"], lastEventId: id(4) })).status).toBe(204);
});
