import { expect, test } from "vitest";
import type { ConnectionInfo, DisconnectReason, Grant, HubOptions } from "../../src/hub/types.ts";
import { memory } from "../../src/stores/memory.ts";
import {
  byeText,
  holdReads,
  IN_STORE,
  id,
  listen,
  liveText,
  openText,
  publishAll,
  settle,
  startHub,
  TestReader,
  withMethods,
} from "./support.ts";

function look(info: ConnectionInfo): ConnectionInfo {
  const { id, topics, subject, address, since, state, position, lag, buffered, transport } = info;
  return { id, topics, subject, address, since, state, position, lag, buffered, transport };
}

test("connections() tells of each connection, as it is", async () => {
  const held = holdReads(memory());
  const { hub, runtime } = await startHub({ limits: { bufferedBytes: 10 } }, held.store, IN_STORE);
  const since = runtime.now();
  const live = { state: "live", position: id(0), lag: 0, buffered: 0, transport: "test" };
  const first = await listen(hub, { topics: ["b/*", "a/*"] });
  runtime.advance(5);
  const second = await listen(hub, { topics: ["*", "a"], subject: "ada", address: "::1" });
  expect(hub.connections().map(look)).toEqual([
    { ...live, id: "1-i00000", topics: ["a/*", "b/*"], subject: undefined, address: undefined, since },
    { ...live, id: "2-i00000", topics: ["a", "*"], subject: "ada", address: "::1", since: since + 5 },
  ]);
  second.stalled = true;
  for (const data of ["1", "2"]) {
    await hub.publish("a", data);
    runtime.endTurn();
  }
  expect(look(hub.connections()[1] as ConnectionInfo)).toMatchObject({
    state: "catching-up",
    position: id(1),
    lag: 1,
    buffered: second.buffered,
  });
  expect(hub.status()).toMatchObject({
    connections: 2,
    catchingUp: 1,
    live: 1,
    closing: 0,
    lag: 1,
    buffered: second.buffered,
  });
  first.lingers = true;
  hub.disconnect("1-i00000");
  expect(look(hub.connections()[0] as ConnectionInfo)).toMatchObject({ state: "closing", position: id(2) });
  expect(hub.status()).toMatchObject({ connections: 2, catchingUp: 1, live: 0, closing: 1 });
  first.handle?.closed();
  expect(hub.connections().map(({ id }) => id)).toEqual(["2-i00000"]);
  second.handle?.closed();
  const none = { connections: 0, catchingUp: 0, live: 0, closing: 0, buffered: 0, lag: 0 };
  expect(hub.status()).toEqual({ state: "open", store: "memory", publications: 2, ...none });
});

test("connections() gives at most as many as asked for, the oldest", async () => {
  const { hub } = await startHub();
  for (let at = 0; at < 5; at++) await listen(hub, { topics: ["a"] });
  expect(hub.connections({ limit: 2 }).map(({ id }) => id)).toEqual(["1-i00000", "2-i00000"]);
  expect(hub.connections()).toHaveLength(5);
});

test.each([
  [undefined, true],
  [{ reconnect: true }, true],
  [{ reconnect: false }, false],
])("disconnect says bye to one connection, with reconnect: %j", async (options, reconnect) => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  const other = await listen(hub, { topics: ["a"] });
  await hub.publish("a", "pending");
  expect(hub.disconnect("1-i00000", options)).toBe(true);
  runtime.endTurn();
  await settle();
  expect(reader.text()).toBe(openText(1, ["a"], 0) + liveText(0) + byeText("kicked", reconnect));
  expect(reader.ended).toBe(true);
  expect(other.data).toEqual(["pending"]);
  // What it did not get, it gets when it comes back.
  const back = await listen(hub, { topics: ["a"], lastEventId: reader.lastEventId });
  expect(back.data).toEqual(["pending"]);
  expect(hub.disconnect("1-i00000")).toBe(false);
  expect(hub.disconnect("none")).toBe(false);
});

test("a connection that is closed twice says bye once", async () => {
  const { hub } = await startHub();
  const reader = new TestReader();
  reader.lingers = true;
  await listen(hub, { topics: ["a"] }, reader);
  hub.disconnect("1-i00000");
  hub.disconnect("1-i00000", { reconnect: false });
  expect(reader.text(2)).toBe(byeText("kicked", true));
});

test.each(["kicked", "gone"])("a connection that is %s while a page is on its way gets nothing of it", async (way) => {
  const held = holdReads(memory());
  const { hub, runtime } = await startHub({}, held.store, IN_STORE);
  await publishAll(
    hub,
    "a",
    Array.from({ length: 8 }, (_, at) => String(at).padEnd(20_000, "x")),
  );
  runtime.endTurn();
  const opening = listen(hub, { topics: ["a"], lastEventId: id(0) });
  await held.release();
  const reader = await opening;
  expect(held.waiting()).toBe(1);
  const { length } = reader.data;
  if (way === "kicked") hub.disconnect("1-i00000");
  else reader.handle?.closed();
  await held.release();
  expect(reader.data).toHaveLength(length);
  expect(hub.status().connections).toBe(0);
});

test("hooks are told of every connection that opens and closes, once, and why", async () => {
  const told: [string, string, DisconnectReason?][] = [];
  const options: HubOptions = {
    limits: { bufferedBytes: 10, stall: 20_000 },
    slowConsumer: "disconnect",
    onConnected: (connection) => told.push(["connected", connection.id]),
    onDisconnected: (connection, reason) => {
      expect(connection.state).toBe("closed");
      told.push(["disconnected", connection.id, reason]);
    },
  };
  const { hub, runtime } = await startHub(options);
  const closed = await listen(hub, { topics: ["a"] });
  await listen(hub, { topics: ["a"] });
  await listen(hub, { topics: ["ending"] });
  const slow = await listen(hub, { topics: ["slow"] });
  const stalled = await listen(hub, { topics: ["stalled"] });
  const left = await listen(hub, { topics: ["a"] });
  closed.handle?.closed();
  closed.handle?.closed();
  hub.disconnect("2-i00000");
  await hub.end("ending");
  slow.stalled = true;
  stalled.stalled = true;
  await hub.publish("stalled", "x");
  for (const data of ["1", "2"]) {
    await hub.publish("slow", data);
    runtime.endTurn();
  }
  await settle();
  runtime.advance(60_000);
  await settle();
  const closing = hub.close();
  await settle();
  await closing;
  expect(left.ended).toBe(true);
  expect(told.filter(([what]) => what === "connected").map(([, id]) => id[0])).toEqual(["1", "2", "3", "4", "5", "6"]);
  expect(told.filter(([what]) => what === "disconnected").map(([, id, reason]) => `${id[0]} ${reason}`)).toEqual([
    "1 closed",
    "2 kicked",
    "3 ended",
    "4 slow_consumer",
    "5 stalled",
    "6 drain",
  ]);
});

test.each(["expired", "unauthorized", "store_failed", "gone before it began"])(
  "hooks are told once of a connection that is %s",
  async (way) => {
    const told: string[] = [];
    const store = memory();
    let fails = false;
    const read = (request: Parameters<typeof store.read>[0]) =>
      fails ? Promise.reject(new Error("broken")) : store.read(request);
    const { hub, runtime } = await startHub(
      {
        limits: { bufferedBytes: 10 },
        onConnected: ({ id }) => told.push(`+${id[0]}`),
        onDisconnected: ({ id }, reason) => told.push(`-${id[0]} ${reason}`),
      },
      withMethods(store, { read }),
      IN_STORE,
    );
    let answer: boolean | Grant = way === "expired" ? { expires: runtime.now() + 1_000 } : true;
    const admission = await hub.connect({ topics: ["a"], authorize: () => answer });
    if (admission.kind === "refusal") throw new Error("refused");
    const reader = new TestReader();
    reader.handle = admission.open(reader);
    if (way === "gone before it began") reader.handle.closed();
    reader.stalled = true;
    for (const data of ["1", "2"]) {
      await hub.publish("a", data);
      runtime.endTurn();
    }
    fails = way === "store_failed";
    answer = way === "unauthorized" ? false : answer;
    if (way === "expired") runtime.advance(1_000);
    else if (way !== "gone before it began") reader.drain();
    await settle();
    reader.handle.closed();
    expect(told).toEqual(["+1", `-1 ${way === "gone before it began" ? "closed" : way}`]);
  },
);

test("hooks that throw are told to onError, and nothing else happens", async () => {
  const errors: unknown[] = [];
  const failures = [new Error("connected"), new Error("disconnected")];
  const { hub, runtime } = await startHub({
    onConnected: () => {
      throw failures[0];
    },
    onDisconnected: () => {
      throw failures[1];
    },
    onError: (error) => errors.push(error),
  });
  const reader = await listen(hub, { topics: ["a"] });
  await hub.publish("a", "x");
  runtime.endTurn();
  expect(reader.data).toEqual(["x"]);
  reader.handle?.closed();
  expect(errors).toEqual(failures);
  expect(hub.status().connections).toBe(0);
});

test("onConnected may close the connection: it says so, and nothing follows", async () => {
  const { hub, runtime } = await startHub({
    onConnected: ({ id }) => {
      hub.disconnect(id, { reconnect: false });
    },
  });
  await hub.publish("a", "1");
  runtime.endTurn();
  const reader = await listen(hub, { topics: ["a"], lastEventId: id(0) });
  await settle();
  expect(reader.ended).toBe(true);
  expect(reader.text().endsWith(byeText("kicked", false))).toBe(true);
  expect(reader.data).toEqual([]);
  expect(hub.status().connections).toBe(0);
});

test("hooks may publish: nothing is lost by it", async () => {
  const { hub, runtime } = await startHub({
    onConnected: ({ id }) => {
      hub.publish("presence", `+${id[0]}`).catch(() => {});
    },
    onDisconnected: ({ id }) => {
      hub.publish("presence", `-${id[0]}`).catch(() => {});
    },
  });
  const watcher = await listen(hub, { topics: ["presence"] });
  runtime.endTurn();
  const one = await listen(hub, { topics: ["a"] });
  await hub.end("a");
  runtime.endTurn();
  await settle();
  expect(one.ended).toBe(true);
  runtime.endTurn();
  expect(watcher.data).toEqual(["+1", "+2", "-2"]);
});

test("report gives an adapter's failure to onError", async () => {
  const errors: unknown[] = [];
  const { hub } = await startHub({ onError: (error) => errors.push(error) });
  hub.report("failure");
  expect(errors).toEqual(["failure"]);
});

test("a connection that is gone leaves nothing behind", async () => {
  const { hub, runtime } = await startHub();
  const { timers } = runtime;
  for (let round = 0; round < 200; round++) {
    const reader = await listen(hub, {
      topics: [`t/${round}`, `p/${round}/*`],
      subject: `k${round}`,
      lastEventId: id(round),
    });
    await hub.publish(`t/${round}`, "x");
    if (round % 3 === 0) runtime.endTurn();
    reader.handle?.closed();
  }
  runtime.endTurn();
  expect(hub.connections()).toEqual([]);
  expect(runtime.timers).toBe(timers);
});

test("readers() counts each connection that listens to a topic once, and forgets those that leave", async () => {
  const { hub } = await startHub();
  const readers = [];
  for (const topics of [["a/1"], ["a/1", "a/*", "**"], ["a/**"], ["b"]]) readers.push(await listen(hub, { topics }));
  expect(["a/1", "a/2", "b", "c/d"].map((topic) => hub.readers(topic))).toEqual([3, 2, 2, 1]);
  readers[1]?.destroy();
  await settle();
  expect(["a/1", "b", "c/d"].map((topic) => hub.readers(topic))).toEqual([2, 1, 0]);
  expect(() => hub.readers("a/*")).toThrow(/pattern/);
});
