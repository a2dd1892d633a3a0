import { expect, test } from "vitest";
import type { HubOptions } from "../../src/hub/types.ts";
import { createTestHub, id, listen, settle, startHub, stopHub, TestReader } from "./support.ts";

test("presence tells who listens to a topic, by its name or by a pattern, each subject once", async () => {
  const { hub, runtime } = await startHub();
  const since = runtime.now();
  const first = await listen(hub, { topics: ["orders/1"], subject: "ada" });
  runtime.advance(1_000);
  await listen(hub, { topics: ["orders/*"], subject: "bob" });
  // Both match; it is one connection.
  await listen(hub, { topics: ["orders/1", "orders/**"], subject: "ada" });
  await listen(hub, { topics: ["orders/1"] });
  await listen(hub, { topics: ["orders/2"], subject: "eve" });
  await listen(hub, { topics: ["orders"], subject: "eve" });
  expect(hub.presence("orders/1")).toEqual({
    topic: "orders/1",
    connections: 4,
    anonymous: 1,
    subjects: [
      { subject: "ada", connections: 2, since },
      { subject: "bob", connections: 1, since: since + 1_000 },
    ],
    truncated: false,
  });
  first.handle?.closed();
  expect(hub.presence("orders/1").subjects).toEqual([
    { subject: "bob", connections: 1, since: since + 1_000 },
    { subject: "ada", connections: 1, since: since + 1_000 },
  ]);
  const none = { topic: "nobody/here", connections: 0, anonymous: 0, subjects: [], truncated: false };
  expect(hub.presence("nobody/here")).toEqual(none);
});

test("who catches up is there, and who is being closed is not", async () => {
  const { hub, runtime } = await startHub({ limits: { bufferedBytes: 10 } });
  const reader = await listen(hub, { topics: ["a"], subject: "ada" });
  reader.stalled = reader.lingers = true;
  for (const data of ["1", "2"]) {
    await hub.publish("a", data);
    runtime.endTurn();
  }
  expect(hub.connections({ topic: "a" })[0]?.state).toBe("catching-up");
  expect(hub.presence("a").connections).toBe(1);
  hub.kick("ada");
  expect(hub.presence("a")).toMatchObject({ connections: 0, subjects: [] });
});

test("presence names as many subjects as asked for, the oldest, and counts all", async () => {
  const { hub } = await startHub();
  for (const subject of ["a", "b", "a", "c", "d", "b"]) await listen(hub, { topics: ["t"], subject });
  expect(hub.presence("t", { limit: 2 })).toMatchObject({
    connections: 6,
    truncated: true,
    subjects: [
      { subject: "a", connections: 2 },
      { subject: "b", connections: 2 },
    ],
  });
  expect(hub.presence("t", { limit: 4 })).toMatchObject({ truncated: false });
});

test.each([
  ["t/*", {}, "pattern_not_allowed"],
  ["t//t", {}, "invalid_topic"],
  ["t", { limit: 0 }, "invalid_parameter"],
  ["t", { limit: 10_001 }, "invalid_parameter"],
])("presence of %s with %j is refused: %s", async (topic, options, code) => {
  const { hub } = await startHub();
  expect(() => hub.presence(topic, options)).toThrow(expect.objectContaining({ code }));
});

test("connections() can be those of a topic, or of a subject", async () => {
  const { hub } = await startHub();
  await listen(hub, { topics: ["a"], subject: "ada" });
  await listen(hub, { topics: ["*"], subject: "bob" });
  await listen(hub, { topics: ["b"], subject: "ada" });
  const idsOf = (options: Parameters<typeof hub.connections>[0]) => hub.connections(options).map(({ id }) => id[0]);
  expect(idsOf({ topic: "a" })).toEqual(["1", "2"]);
  expect(idsOf({ subject: "ada" })).toEqual(["1", "3"]);
  expect(idsOf({ topic: "b", subject: "ada" })).toEqual(["3"]);
  expect(idsOf({ topic: "b", limit: 1 })).toEqual(["2"]);
  expect(idsOf({ topic: "none/here" })).toEqual([]);
  expect(() => hub.connections({ topic: "a/*" })).toThrow(expect.objectContaining({ code: "pattern_not_allowed" }));
});

/** A hub that writes down which topics are occupied and vacated. */
async function startOccupied(options: HubOptions = {}) {
  const told: string[] = [];
  const started = await startHub({
    onOccupied: (topic) => told.push(`+${topic}`),
    onVacated: (topic) => told.push(`-${topic}`),
    ...options,
  });
  return { ...started, told, take: () => told.splice(0) };
}

test("a topic is occupied by its first reader, and vacated when it has had none for a while", async () => {
  const { hub, runtime, take } = await startOccupied();
  const { timers } = runtime;
  const first = await listen(hub, { topics: ["b/*", "a"] });
  const same = await listen(hub, { topics: ["a", "b/*"] });
  const other = await listen(hub, { topics: ["a"] });
  expect(take()).toEqual(["+a", "+b/*"]);
  for (const reader of [first, same]) reader.handle?.closed();
  runtime.advance(4_999);
  expect(take()).toEqual([]);
  runtime.advance(1);
  expect(take()).toEqual(["-b/*"]);
  other.handle?.closed();
  runtime.advance(5_000);
  expect(take()).toEqual(["-a"]);
  expect(runtime.timers).toBe(timers);
  await listen(hub, { topics: ["a"] });
  expect(take()).toEqual(["+a"]);
});

test("a page that reloads is no leave: nothing is told, however often", async () => {
  const { hub, runtime, take } = await startOccupied({ vacatedAfter: 2_000 });
  let reader = await listen(hub, { topics: ["a"] });
  expect(take()).toEqual(["+a"]);
  for (let round = 0; round < 20; round++) {
    reader.handle?.closed();
    runtime.advance(1_999);
    // With another subscription to it, too.
    reader = await listen(hub, { topics: round % 2 === 0 ? ["a", "b"] : ["a"], lastEventId: id(0) });
  }
  expect(take().filter((each) => each.endsWith("a"))).toEqual([]);
  reader.handle?.closed();
  runtime.advance(2_000);
  expect(take()).toContain("-a");
});

test("a connection that is closed by the hub leaves its topic like any other, and one that is refused never came", async () => {
  const { hub, runtime, take } = await startOccupied();
  await listen(hub, { topics: ["a"], subject: "ada" });
  expect((await hub.connect({ topics: ["b"], authorize: () => false })).kind).toBe("refusal");
  hub.kick("ada");
  await settle();
  runtime.advance(5_000);
  expect(take()).toEqual(["+a", "-a"]);
});

test("of ten thousand topics that are waited for, one more has the first told early", async () => {
  const { hub, runtime, take } = await startOccupied({ limits: { topicsPerConnection: 20_000 } });
  const topics = Array.from({ length: 10_001 }, (_, at) => `t/${String(at).padStart(5, "0")}`);
  const reader = await listen(hub, { topics });
  take();
  reader.handle?.closed();
  expect(take()).toEqual(["-t/00000"]);
  runtime.advance(5_000);
  expect(take()).toHaveLength(10_000);
});

test("a hub that closes vacates what is occupied, and what is waited for, once", async () => {
  const told: string[] = [];
  const { hub, runtime } = createTestHub({
    onOccupied: (topic) => told.push(`+${topic}`),
    onVacated: (topic) => told.push(`-${topic}`),
  });
  await hub.ready;
  const left = await listen(hub, { topics: ["left"] });
  await listen(hub, { topics: ["stays"] });
  const stuck = new TestReader();
  stuck.lingers = true;
  await listen(hub, { topics: ["stays", "stuck"] }, stuck);
  left.handle?.closed();
  await stopHub({ hub, runtime });
  stuck.handle?.closed();
  runtime.advance(60_000);
  expect(told.sort()).toEqual(["+left", "+stays", "+stuck", "-left", "-stays", "-stuck"]);
});

test("hooks of topics may publish, and what they throw is told to onError", async () => {
  const errors: unknown[] = [];
  const failure = new Error("vacated");
  const { hub, runtime } = await startHub({
    onOccupied: (topic) => void hub.publish("events", `+${topic}`),
    onVacated: () => {
      throw failure;
    },
    onError: (error) => errors.push(error),
  });
  const watcher = await listen(hub, { topics: ["events"] });
  const reader = await listen(hub, { topics: ["a"] });
  runtime.endTurn();
  expect(watcher.data).toEqual(["+events", "+a"]);
  reader.handle?.closed();
  runtime.advance(5_000);
  expect(errors).toEqual([failure]);
});

test("one of the hooks is enough", async () => {
  const told: string[] = [];
  const { hub, runtime } = await startHub({ onVacated: (topic) => told.push(topic) });
  (await listen(hub, { topics: ["a"] })).handle?.closed();
  runtime.advance(5_000);
  expect(told).toEqual(["a"]);
});
