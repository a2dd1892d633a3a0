import { expect, test } from "vitest";
import { memory } from "../../src/stores/memory.ts";
import {
  createTestHub,
  eventText,
  holdReads,
  IN_TAIL,
  id,
  listen,
  liveText,
  openText,
  settle,
  startHub,
  stopHub,
  TestReader,
  withMethods,
} from "./support.ts";

test("a stream is tidings:open, tidings:live, then each publication", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  const published = await hub.publish("a", "one");
  runtime.endTurn();

  expect(published).toEqual({ id: id(1), topic: "a", repeated: false });
  expect(reader.text()).toBe(openText(1, ["a"], 0) + liveText(0) + eventText(1, "a", "one"));
});

test("what many publishers say in one turn is one write for each connection, the same bytes for all", async () => {
  const { hub, runtime } = await startHub();
  const readers = [await listen(hub, { topics: ["a"] }), await listen(hub, { topics: ["a"] })];
  const before = readers.map(({ writes }) => writes.length);

  await Promise.all(Array.from({ length: 50 }, (_, at) => hub.publish("a", String(at))));
  expect(readers.map(({ writes }) => writes.length)).toEqual(before);
  runtime.endTurn();

  const [first, second] = readers.map(({ writes }, at) => writes.slice(before[at]));
  expect(first).toHaveLength(1);
  expect(second).toHaveLength(1);
  expect(first?.[0]).toBe(second?.[0]);
  expect(Buffer.from(first?.[0] ?? []).toString()).toBe(
    Array.from({ length: 50 }, (_, at) => eventText(at + 1, "a", String(at))).join(""),
  );
});

test("one publication is the same bytes for every audience, and for a reader that finds it in the tail", async () => {
  const { hub, runtime } = await startHub();
  const readers = [
    await listen(hub, { topics: ["a/1"] }),
    await listen(hub, { topics: ["a/*"] }),
    await listen(hub, { topics: ["**"] }),
  ];
  await hub.publish("a/1", "x");
  runtime.endTurn();
  const late = await listen(hub, { topics: ["a/**"], lastEventId: id(0) });

  const bytes = readers.map(({ writes }) => writes.at(-1));
  expect(bytes[0]?.toString()).toBe(eventText(1, "a/1", "x"));
  expect(new Set(bytes).size).toBe(1);
  expect(late.writes[1]).toBe(bytes[0]);
});

test("order is the order of the calls, whether of publish, publishBatch or end, over all topics", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["**"] });
  const calls = [
    hub.publish("a", "1"),
    hub.publishBatch([
      { topic: "b", data: "2" },
      { topic: "a", data: "3" },
    ]),
    hub.publish("b", "4"),
    hub.end("b"),
    hub.publishBatch([{ topic: "a", data: "5" }]),
    hub.publish("c", "6"),
  ];
  runtime.endTurn();
  await Promise.all(calls);

  expect(reader.data).toEqual(["1", "2", "3", "4", "5", "6"]);
  expect(reader.blocks.slice(2).map((block) => block.id)).toEqual([1, 2, 3, 4, 5, 6, 7].map(id));
});

test("order is the order of the calls also before the store is open, and at the moment in which it opens", async () => {
  const store = memory();
  let letOpen = (): void => {};
  const opening = new Promise<void>((resolve) => {
    letOpen = resolve;
  });
  const { hub, runtime } = createTestHub(
    {},
    withMethods(store, {
      open: async (options) => {
        await opening;
        return store.open(options);
      },
    }),
  );
  const late: Promise<unknown>[] = [];
  hub.ready.then(() => late.push(hub.publish("a", "4")));
  const early = [
    hub.publish("a", "1"),
    hub.publishBatch([{ topic: "b", data: "2" }]),
    hub.publish("a", "3"),
    // Each of these is called in a microtask of its own around the opening.
    hub.ready.then(() => hub.publish("a", "5")),
    hub.ready.then(() => {}).then(() => hub.publish("a", "6")),
  ];
  letOpen();
  await Promise.all(early);
  await Promise.all(late);
  runtime.endTurn();

  const reader = await listen(hub, { topics: ["**"], from: "earliest" });
  expect(reader.data).toEqual(["1", "2", "3", "4", "5", "6"]);
  await stopHub({ hub, runtime });
});

test("a topic and several patterns that match take a publication once", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a/b/c", "a/*/c", "a/**", "**", "*/b/*", "a/b/c"] });
  const resumed = await listen(hub, { topics: ["a/b/c", "a/*/c", "**"] });
  await hub.publish("a/b/c", "x");
  await hub.publish("a/b/c", "y");
  runtime.endTurn();

  expect(reader.data).toEqual(["x", "y"]);
  expect(resumed.data).toEqual(["x", "y"]);
  const replayed = await listen(hub, { topics: ["a/b/c", "a/*/c", "**"], lastEventId: id(0) });
  expect(replayed.data).toEqual(["x", "y"]);
});

test("nothing is written before the end of the turn", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  const before = reader.writes.length;
  await hub.publish("a", "x".repeat(1_000));
  await settle();
  expect(reader.writes).toHaveLength(before);
  runtime.endTurn();
  expect(reader.writes).toHaveLength(before + 1);
  runtime.endTurn();
  expect(reader.writes).toHaveLength(before + 1);
});

test("what is pending is written before the end of the turn once it is more than 256 Ki characters", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  const before = reader.writes.length;
  const half = "x".repeat(128 * 1024);
  await hub.publish("a", half);
  await hub.publish("a", half);
  expect(reader.writes).toHaveLength(before);
  await hub.publish("a", "1");
  expect(reader.writes).toHaveLength(before + 1);
  expect(reader.data).toEqual([half, half, "1"]);
  // The measure starts anew.
  await hub.publish("a", half);
  expect(reader.writes).toHaveLength(before + 1);
  runtime.endTurn();
  expect(reader.data).toEqual([half, half, "1", half]);
});

test("what is pending is bounded for all audiences together", async () => {
  const { hub } = await startHub();
  const readers = [await listen(hub, { topics: ["a"] }), await listen(hub, { topics: ["**"] })];
  const data = "x".repeat(128 * 1024 + 1);
  await hub.publish("a", data);
  expect(readers.map((reader) => reader.data)).toEqual([[data], [data]]);
});

test("publications that nobody listens to are not pending", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  const before = reader.writes.length;
  for (let at = 0; at < 5; at++) await hub.publish("b", "x".repeat(128 * 1024));
  await hub.publish("a", "1");
  expect(reader.writes).toHaveLength(before);
  runtime.endTurn();
  expect(reader.data).toEqual(["1"]);
});

test("the last live connection leaves and another joins within one turn: it gets what was pending", async () => {
  const held = holdReads(memory());
  const { hub, runtime } = await startHub({}, held.store);
  const opening = listen(hub, { topics: ["a"] });
  await held.release();
  const leaving = await opening;
  // Holds on to the audience while nobody in it is live.
  const joiner = new TestReader();
  const joining = listen(hub, { topics: ["a"] }, joiner);
  await settle();
  expect(held.waiting()).toBe(1);

  await hub.publish("a", "pending");
  leaving.handle?.closed();
  await held.release();
  await joining;
  runtime.endTurn();

  expect(leaving.data).toEqual([]);
  expect(joiner.text()).toBe(openText(2, ["a"], 0) + liveText(0) + eventText(1, "a", "pending"));
});

test("a connection that joins where others are live gets what is pending with them", async () => {
  const { hub, runtime } = await startHub({}, memory(), IN_TAIL);
  const there = await listen(hub, { topics: ["*"] });
  await hub.publish("a", "1");
  await hub.publish("a", "2");
  const joining = await listen(hub, { topics: ["*"] });
  await hub.publish("a", "3");
  runtime.endTurn();

  expect(there.data).toEqual(["1", "2", "3"]);
  expect(joining.data).toEqual(["1", "2", "3"]);
  expect(joining.writes.at(-1)).toBe(there.writes.at(-1));
});

test("connections that leave in any order take nothing from those that stay", async () => {
  const { hub, runtime } = await startHub();
  const readers: TestReader[] = [];
  for (let at = 0; at < 6; at++) readers.push(await listen(hub, { topics: ["a"] }));
  const expected = readers.map((): string[] => []);
  const order = [0, 5, 2, 4, 1, 3];
  for (const [at, leaving] of order.entries()) {
    await hub.publish("a", String(at));
    runtime.endTurn();
    for (const [each, list] of expected.entries()) if (!order.slice(0, at).includes(each)) list.push(String(at));
    readers[leaving]?.handle?.closed();
  }
  expect(readers.map(({ data }) => data)).toEqual(expected);
  expect(hub.status().connections).toBe(0);
});

test("connections that fall behind in the middle of a flush take nothing from the others", async () => {
  const { hub, runtime } = await startHub({ limits: { bufferedBytes: 100 } });
  const readers: TestReader[] = [];
  for (let at = 0; at < 5; at++) readers.push(await listen(hub, { topics: ["a"] }));
  for (const at of [0, 2, 4]) (readers[at] as TestReader).stalled = true;
  for (const data of ["1", "2", "3"]) {
    await hub.publish("a", data.repeat(100));
    runtime.endTurn();
  }
  expect(readers.map(({ data }) => data.map((each) => each[0]).join(""))).toEqual(["1", "123", "1", "123", "1"]);
  for (const reader of readers) reader.drain();
  await settle();
  expect(readers.map(({ data }) => data.map((each) => each[0]).join(""))).toEqual(["123", "123", "123", "123", "123"]);
});

test("a flush goes to those who stayed before those who came, and to all of them while some leave", async () => {
  const { hub, runtime } = await startHub({ limits: { bufferedBytes: 10 } });
  const order: number[] = [];
  const readers = await Promise.all(Array.from({ length: 6 }, () => listen(hub, { topics: ["a"] })));
  readers.forEach((reader, at) => {
    const write = reader.write.bind(reader);
    reader.write = (bytes) => {
      order.push(at);
      write(bytes);
    };
  });
  await hub.publish("a", "1");
  runtime.endTurn();
  expect(order.splice(0)).toEqual([0, 1, 2, 3, 4, 5]);
  for (const at of [1, 5]) Object.assign(readers[at] as TestReader, { stalled: true, buffered: 11 });
  await hub.publish("a", "2");
  runtime.endTurn();
  expect(order.sort()).toEqual([0, 2, 3, 4]);
  for (const at of [1, 5]) readers[at]?.drain();
  await hub.publish("a", "3");
  runtime.endTurn();
  await settle();
  for (const { data } of readers) expect(data).toEqual(["1", "2", "3"]);
});

test("a flush goes to all others when a write of it closes one that had it already", async () => {
  const { hub, runtime } = await startHub();
  const readers = await Promise.all(Array.from({ length: 6 }, () => listen(hub, { topics: ["a"] })));
  const ids = hub.connections().map((connection) => connection.id);
  const third = readers[2] as TestReader;
  const write = third.write.bind(third);
  third.write = (bytes) => {
    write(bytes);
    for (const at of [0, 4]) hub.disconnect(ids[at] as string);
  };
  await hub.publish("a", "1");
  runtime.endTurn();
  for (const at of [0, 1, 2, 3, 5]) expect(readers[at]?.data).toContain("1");
  expect(readers[4]?.data).not.toContain("1");
});
