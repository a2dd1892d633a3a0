import { expect, test } from "vitest";
import type { HistoryOptions } from "../../src/hub/types.ts";
import { memory } from "../../src/stores/memory.ts";
import { eventText, id, listen, publishAll, settle, startHub, TestRuntime } from "./support.ts";

const LONG = "x".repeat(257);

test.each([
  ["", "invalid_topic"],
  ["/a", "invalid_topic"],
  ["a/", "invalid_topic"],
  ["a//b", "invalid_topic"],
  [".", "invalid_topic"],
  ["a/../b", "invalid_topic"],
  ["a\nb", "invalid_topic"],
  ["a\0", "invalid_topic"],
  ["a\x7f", "invalid_topic"],
  ["a\x85", "invalid_topic"],
  ["\ud800", "invalid_topic"],
  [LONG, "invalid_topic"],
  ["é".repeat(129), "invalid_topic"],
  ["a/*", "pattern_not_allowed"],
  ["**", "pattern_not_allowed"],
  ["a*", "pattern_not_allowed"],
  ["tidings:status", "reserved_topic"],
  ["tidings:", "reserved_topic"],
])("to the topic %j nothing can be published: %s", async (topic, code) => {
  const { hub } = await startHub();
  const calls = [
    () => hub.publish(topic, "x"),
    () => hub.end(topic),
    () => hub.publishBatch([{ topic, data: "x" }]),
    () =>
      hub.pipe(
        topic,
        (async function* () {
          yield "x";
        })(),
      ),
  ];
  for (const call of calls) await expect(call()).rejects.toMatchObject({ code, field: "topic", status: 400 });
  expect(hub.status().publications).toBe(0);
});

test.each([
  "a",
  "a/b/c",
  "x".repeat(256),
  "é".repeat(128),
  "a b",
  "ünï/cødé/😀",
  "tidings",
  "a/tidings:x",
  "...",
  "a%2Fb",
])("to the topic %j can be published and listened", async (topic) => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: [topic] });
  expect((await hub.publish(topic, "x")).topic).toBe(topic);
  runtime.endTurn();
  expect(reader.text(2)).toBe(eventText(1, topic, "x"));
});

test.each([
  ["open", "reserved_event_name"],
  ["error", "reserved_event_name"],
  ["tidings:open", "reserved_event_name"],
  ["tidings:anything", "reserved_event_name"],
  ["a\nid: 7", "invalid_event_name"],
  ["a\rdata: x", "invalid_event_name"],
  ["a\0b", "invalid_event_name"],
  ["\udc00", "invalid_event_name"],
  [LONG, "invalid_event_name"],
  [7 as unknown as string, "invalid_event_name"],
])("the event name %j is refused: %s", async (event, code) => {
  const { hub } = await startHub();
  const error = { code, field: "event", status: 400 };
  await expect(hub.publish("a", "x", { event })).rejects.toMatchObject(error);
  await expect(hub.publish("a", "x", { event, end: true })).rejects.toMatchObject(error);
  await expect(hub.publishBatch([{ topic: "a", data: "x", event }])).rejects.toMatchObject(error);
  expect(hub.status().publications).toBe(0);
});

test.each([
  ["price", "event: price\n"],
  ["Open", "event: Open\n"],
  ["errors", "event: errors\n"],
  ["tidings", "event: tidings\n"],
  [" spaced ", "event:  spaced \n"],
  ["message", "event: message\n"],
  ["", ""],
  [undefined, ""],
])("the event name %j goes out as %j", async (event, line) => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  await hub.publish("a", "x", event === undefined ? {} : { event });
  runtime.endTurn();
  expect(reader.text(2)).toBe(`id: ${id(1)}\n${line}topic: a\ndata: x\n\n`);
});

test.each([
  ["plain", "data: plain\n"],
  ["", "data: \n"],
  [" leading", "data:  leading\n"],
  ['{"a":1}', 'data: {"a":1}\n'],
  ["two\nlines", "data: two\ndata: lines\n"],
  ["cr\rlf\r\nend\n", "data: cr\ndata: lf\ndata: end\ndata: \n"],
  ["id: 7\n\nevent: forged", "data: id: 7\ndata: \ndata: event: forged\n"],
  ["nul \0 in it", "data: nul \0 in it\n"],
  ["half \ud800 pair", "data: half \ufffd pair\n"],
  [0, "data: 0\n"],
  [-1.5, "data: -1.5\n"],
  [Number.NaN, "data: null\n"],
  [true, "data: true\n"],
  [null, "data: null\n"],
  [[1, [2]], "data: [1,[2]]\n"],
  [{ a: "b\nc", d: undefined }, 'data: {"a":"b\\nc"}\n'],
  [{ half: "\ud800" }, 'data: {"half":"\\ud800"}\n'],
  [new Date(0), 'data: "1970-01-01T00:00:00.000Z"\n'],
  [{ toJSON: () => "own" }, 'data: "own"\n'],
])("the data %j goes out as %j", async (data, lines) => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  await hub.publish("a", data);
  runtime.endTurn();
  expect(reader.text(2)).toBe(`id: ${id(1)}\ntopic: a\n${lines}\n`);
});

const cycle: Record<string, unknown> = {};
cycle.self = cycle;

test.each([
  ["undefined", undefined],
  ["a function", () => {}],
  ["a symbol", Symbol("x")],
  ["a bigint", 1n],
  ["a bigint within", { a: [1n] }],
  ["a cycle", cycle],
  [
    "a toJSON that throws",
    {
      toJSON: () => {
        throw new Error("no");
      },
    },
  ],
  ["a toJSON that gives nothing", { toJSON: () => undefined }],
])("%s is no data", async (_, data) => {
  const { hub } = await startHub();
  const error = { code: "invalid_data", field: "data", status: 400 };
  await expect(hub.publish("a", data)).rejects.toMatchObject(error);
  await expect(hub.publishBatch([{ topic: "a", data }])).rejects.toMatchObject(error);
  if (data !== undefined) await expect(hub.publish("a", data, { end: true })).rejects.toMatchObject(error);
  expect(await hub.topics()).toEqual([]);
});

test("data is taken as it is when publish is called", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  const data = { value: 1 };
  const published = hub.publish("a", data);
  data.value = 2;
  await published;
  runtime.endTurn();
  expect(reader.data).toEqual(['{"value":1}']);
});

test("a publication that only ends a topic has no event, whatever name it was given", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  await hub.publish("a", undefined, { end: true, event: "last" });
  runtime.endTurn();
  expect(reader.blocks.slice(2).map(({ event }) => event)).toEqual(["tidings:end"]);
});

test.each(["", LONG, "a\nb", "a\0", "\x7f", 7 as unknown as string])(
  "the idempotency key %j is refused",
  async (key) => {
    const { hub } = await startHub();
    const error = { code: "invalid_idempotency_key", field: "idempotencyKey", status: 400 };
    await expect(hub.publish("a", "x", { idempotencyKey: key })).rejects.toMatchObject(error);
    await expect(hub.end("a", { idempotencyKey: key })).rejects.toMatchObject(error);
  },
);

test("a repeated key stores nothing, delivers nothing and gives the first id; with other content it is a conflict", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a", "b"] });
  const options = { idempotencyKey: "k".repeat(256), event: "e" };
  const first = await hub.publish("a", "x", options);
  expect(first).toEqual({ id: id(1), topic: "a", repeated: false });
  expect(await hub.publish("a", "x", options)).toEqual({ ...first, repeated: true });
  for (const [data, given] of [
    ["y", options],
    ["x", { ...options, event: "f" }],
    ["x", { idempotencyKey: options.idempotencyKey }],
    ["x", { ...options, end: true }],
  ] as const) {
    await expect(hub.publish("a", data, given)).rejects.toMatchObject({ code: "idempotency_conflict", status: 422 });
  }
  // Keys are each topic's own.
  expect(await hub.publish("b", "y", options)).toEqual({ id: id(2), topic: "b", repeated: false });
  runtime.endTurn();
  expect(reader.data).toEqual(["x", "y"]);
  expect(hub.status().publications).toBe(2);
});

test("a repeated key is known for 24 hours", async () => {
  const { hub, runtime } = await startHub();
  const options = { idempotencyKey: "k" };
  await hub.publish("a", "x", options);
  runtime.time += 24 * 60 * 60 * 1_000 - 1;
  expect((await hub.publish("a", "x", options)).repeated).toBe(true);
  runtime.time += 60_000;
  expect((await hub.publish("a", "x", options)).repeated).toBe(false);
});

test("two publications with one key at the same time are one", async () => {
  const { hub } = await startHub();
  const both = await Promise.all([
    hub.publish("a", "x", { idempotencyKey: "k" }),
    hub.publish("a", "x", { idempotencyKey: "k" }),
  ]);
  expect(both.map((published) => published.repeated)).toEqual([false, true]);
  expect(new Set(both.map((published) => published.id)).size).toBe(1);
});

test("a batch gives ids in its order, with nothing between them", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["**"] });
  const [batch] = await Promise.all([
    hub.publishBatch([
      { topic: "a", data: "1", event: "e" },
      { topic: "b", data: { n: 2 }, idempotencyKey: "k" },
      { topic: "b", data: { n: 2 }, idempotencyKey: "k" },
      { topic: "a", end: true },
    ]),
    hub.publish("b", "5"),
  ]);
  expect(batch).toEqual([
    { id: id(1), topic: "a", repeated: false },
    { id: id(2), topic: "b", repeated: false },
    { id: id(2), topic: "b", repeated: true },
    { id: id(3), topic: "a", repeated: false },
  ]);
  runtime.endTurn();
  expect(reader.blocks.slice(2).map(({ event, topic, data }) => [event, topic, data])).toEqual([
    ["e", "a", "1"],
    ["message", "b", '{"n":2}'],
    ["tidings:end", "a", '{"topic":"a"}'],
    ["message", "b", "5"],
  ]);
});

test.each([
  [{ topic: "a//b", data: "x" }, "invalid_topic", "topic"],
  [{ topic: "a/*", data: "x" }, "pattern_not_allowed", "topic"],
  [{ topic: "tidings:x", data: "x" }, "reserved_topic", "topic"],
  [{ topic: "a" }, "invalid_data", "data"],
  [{ topic: "a", data: "x", event: "open" }, "reserved_event_name", "event"],
  [{ topic: "a", data: "x", event: "\n" }, "invalid_event_name", "event"],
  [{ topic: "a", data: "x".repeat(101) }, "event_too_large", "data"],
  [{ topic: "a", data: "x", idempotencyKey: "" }, "invalid_idempotency_key", "idempotencyKey"],
  [{ topic: "ended", data: "x" }, "topic_ended", "topic"],
  [{ topic: "keyed", data: "other", idempotencyKey: "k" }, "idempotency_conflict", "idempotencyKey"],
])("a batch with %j is refused whole, naming its index", async (bad, code, field) => {
  const { hub, runtime } = await startHub({ limits: { eventBytes: 100 } });
  await hub.end("ended");
  await hub.publish("keyed", "x", { idempotencyKey: "k" });
  runtime.endTurn();
  const reader = await listen(hub, { topics: ["**"] });
  const good = { topic: "good", data: "x" };
  await expect(hub.publishBatch([good, good, bad, good])).rejects.toMatchObject({ code, index: 2 });
  await expect(hub.publishBatch([bad])).rejects.toMatchObject({ code, index: 0 });
  await expect(hub.publishBatch([good, bad])).rejects.toMatchObject({ code, index: 1, ...(field && { field }) });
  runtime.endTurn();
  expect(reader.data).toEqual([]);
  expect((await hub.topics()).map(({ topic }) => topic)).toEqual(["ended", "keyed"]);
  expect(await hub.publish("good", "y")).toMatchObject({ id: id(3) });
});

test("the error of one publication names no index", async () => {
  const { hub } = await startHub();
  await hub.end("ended");
  for (const call of [() => hub.publish("ended", "x"), () => hub.end("ended"), () => hub.publish("a//b", "x")]) {
    const error: { index?: number } = await call().then(
      () => ({ index: -1 }),
      (thrown) => thrown,
    );
    expect(error.index).toBeUndefined();
  }
});

test("publications that nobody waits for are delivered all the same, and their refusals can be caught", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  void hub.publish("a", "1");
  const refused = hub.publish("a", undefined);
  void hub.publish("a", "2");
  runtime.endTurn();
  expect(reader.data).toEqual(["1", "2"]);
  await expect(refused).rejects.toMatchObject({ code: "invalid_data" });
});

test("history gives pages, says where to go on, and whether anything follows", async () => {
  const { hub, runtime } = await startHub();
  await hub.publish("a", "1", { event: "e" });
  await hub.publish("b", "2");
  runtime.time += 1_000;
  await publishAll(hub, "a", ["3", "4"]);
  await hub.end("a");
  const time = Date.UTC(2026, 0, 1);
  const first = await hub.history("a", { limit: 2 });
  expect(first).toEqual({
    events: [
      { id: id(1), topic: "a", event: "e", data: "1", time },
      { id: id(3), topic: "a", data: "3", time: time + 1_000 },
    ],
    next: id(3),
    upToDate: false,
  });
  expect(await hub.history("a", { after: first.next })).toEqual({
    events: [
      { id: id(4), topic: "a", data: "4", time: time + 1_000 },
      { id: id(5), topic: "a", time: time + 1_000, end: true },
    ],
    next: id(5),
    upToDate: true,
  });
  expect(await hub.history("a", { after: id(5) })).toEqual({ events: [], next: id(5), upToDate: true });
  expect(await hub.history("quiet")).toEqual({ events: [], next: id(5), upToDate: true });
  // Pending or flushed makes no difference to history.
  const reader = await listen(hub, { topics: ["b"], lastEventId: (await hub.history("b")).next });
  runtime.endTurn();
  expect(reader.data).toEqual([]);
});

test("history is read back from its end, and says whether anything older is held", async () => {
  const { hub } = await startHub({ retention: { maxCount: 4 } });
  await publishAll(hub, "a", ["1", "2", "3"]);
  await hub.publish("b", "4");
  await publishAll(hub, "a", ["5", "6"]);
  const read = async (options: HistoryOptions) => {
    const { events, ...rest } = await hub.history("a", options);
    return { data: events.map(({ data }) => data), ...rest };
  };
  expect(await read({ last: 2 })).toEqual({ data: ["5", "6"], next: id(6), upToDate: true, previous: id(5) });
  expect(await read({ last: 1, before: id(5) })).toEqual({
    data: ["3"],
    next: id(4),
    upToDate: false,
    previous: id(3),
  });
  expect(await read({ before: id(3) })).toEqual({ data: ["2"], next: id(2), upToDate: false });
  expect(await read({ before: id(2) })).toEqual({ data: [], next: id(1), upToDate: false });
  expect(await read({ last: 4 })).toEqual({ data: ["2", "3", "5", "6"], next: id(6), upToDate: true });
  await expect(hub.history("a", { before: "zz-1" })).rejects.toMatchObject({
    code: "invalid_parameter",
    field: "before",
  });
  await expect(hub.history("a", { last: 1_001 })).rejects.toMatchObject({ code: "invalid_parameter", field: "last" });
  const both = hub.history("a", { last: 1, after: id(1) });
  await expect(both).rejects.toMatchObject({ code: "invalid_parameter", field: "after" });
});

test("history says what is missing", async () => {
  const { hub } = await startHub({ retention: { maxCount: 2 } });
  await publishAll(hub, "a", ["1", "2", "3", "4", "5"]);
  const events = (await hub.history("a")).events;
  expect(events.map(({ data }) => data)).toEqual(["4", "5"]);
  const page = { events, next: id(5), upToDate: true };
  expect(await hub.history("a")).toEqual(page);
  expect(await hub.history("a", { after: id(3) })).toEqual(page);
  expect(await hub.history("a", { after: id(1) })).toEqual({
    ...page,
    gap: { reason: "trimmed", after: id(1), resumesAt: id(3) },
  });
  expect(await hub.history("a", { after: "41" })).toMatchObject({ gap: { reason: "unknown", after: "41" } });
  expect(await hub.history("a", { after: "zz-1" })).toMatchObject({ gap: { reason: "reset", after: "zz-1" } });
  expect(await hub.history("a", { after: id(9) })).toEqual({
    events: [],
    next: id(5),
    upToDate: true,
    gap: { reason: "reset", after: id(9), resumesAt: id(5) },
  });
  await hub.deleteTopic("a");
  expect(await hub.history("a", { after: id(4) })).toEqual({
    events: [],
    next: id(5),
    upToDate: true,
    gap: { reason: "trimmed", after: id(4), resumesAt: id(5) },
  });
});

test.each([0, -1, 1.5, 1_001, Number.NaN, Infinity, "5" as unknown as number])(
  "history of %j events is refused",
  async (limit) => {
    const { hub } = await startHub();
    await expect(hub.history("a", { limit })).rejects.toMatchObject({ code: "invalid_parameter", field: "limit" });
  },
);

test("history of what is no topic is refused", async () => {
  const { hub } = await startHub();
  await expect(hub.history("a//b")).rejects.toMatchObject({ code: "invalid_topic" });
  await expect(hub.history("a/*")).rejects.toMatchObject({ code: "pattern_not_allowed" });
  await expect(hub.deleteTopic("a//b")).rejects.toMatchObject({ code: "invalid_topic" });
});

test("topics are listed in order of name, a page at a time, with what they hold", async () => {
  const { hub, runtime } = await startHub({ retention: { topics: { b: { maxCount: 1 } } } });
  await hub.publish("c", "12345");
  await publishAll(hub, "b", ["1", "22"]);
  await hub.publish("a", "é", { end: true });
  const lastTime = runtime.now();
  const all = [
    { topic: "a", count: 1, bytes: 2, ended: true, lastTime, firstId: id(4), lastId: id(4) },
    { topic: "b", count: 1, bytes: 2, ended: false, lastTime, firstId: id(3), lastId: id(3) },
    { topic: "c", count: 1, bytes: 5, ended: false, lastTime, firstId: id(1), lastId: id(1) },
  ];
  expect(await hub.topics()).toEqual(all);
  expect(await hub.topics({ limit: 2 })).toEqual(all.slice(0, 2));
  expect(await hub.topics({ limit: 2, after: "b" })).toEqual(all.slice(2));
  expect(await hub.topics({ after: "c" })).toEqual([]);
  for (const limit of [0, 10_001, 1.5]) {
    await expect(hub.topics({ limit })).rejects.toMatchObject({ code: "invalid_parameter", field: "limit" });
  }
});

test("a deleted topic is forgotten: readers behind it get a gap, live ones nothing", async () => {
  const { hub, runtime } = await startHub();
  const live = await listen(hub, { topics: ["a", "b"] });
  await publishAll(hub, "a", ["1", "2"]);
  await hub.publish("b", "3");
  expect(await hub.deleteTopic("a")).toBe(true);
  expect(await hub.deleteTopic("a")).toBe(false);
  expect(await hub.deleteTopic("never")).toBe(false);
  await hub.publish("a", "4");
  runtime.endTurn();
  expect(live.text(2)).toBe(
    eventText(1, "a", "1") + eventText(2, "a", "2") + eventText(3, "b", "3") + eventText(4, "a", "4"),
  );
  expect((await hub.history("a")).events.map(({ data }) => data)).toEqual(["4"]);
  for (const topics of [["a"], ["*"], ["a", "b"]]) {
    const behind = await listen(hub, { topics, lastEventId: id(1) });
    expect(behind.named("tidings:gap")).toHaveLength(1);
    expect(behind.data).toEqual(topics[1] === "b" || topics[0] === "*" ? ["3", "4"] : ["4"]);
    const after = await listen(hub, { topics, lastEventId: id(2) });
    expect(after.named("tidings:gap")).toEqual([]);
  }
  const other = await listen(hub, { topics: ["b"], lastEventId: id(0) });
  expect(other.named("tidings:gap")).toEqual([]);
  expect(other.data).toEqual(["3"]);
});

test("what was deleted is not told from memory to a reader that comes back", async () => {
  const { hub, runtime } = await startHub();
  await hub.publish("secret", "no");
  await hub.publish("b", "2");
  runtime.endTurn();
  // Once read, a page may be kept for others at the same place.
  await settle();
  await listen(hub, { topics: ["secret", "b"], lastEventId: id(0) });
  await hub.deleteTopic("secret");
  for (const topics of [["secret", "b"], ["**"], ["secret"]]) {
    const reader = await listen(hub, { topics, lastEventId: id(0) });
    await settle();
    expect(reader.text()).not.toContain("data: no");
    expect(reader.named("tidings:gap")).toHaveLength(1);
  }
});

test("no two openings of one store share an id", async () => {
  const store = memory();
  const ids = new Set<string>();
  for (let opening = 0; opening < 3; opening++) {
    const runtime = new TestRuntime(() => opening / 10);
    const { hub } = await startHub({ runtime }, store);
    ids.add((await hub.publish("a", "x")).id);
    await hub.close();
  }
  expect(ids.size).toBe(3);
  expect([...ids].map((each) => each.split("-")[1])).toEqual(["1", "2", "3"]);
});
