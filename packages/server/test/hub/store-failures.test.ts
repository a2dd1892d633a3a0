import { expect, test } from "vitest";
import { TidingsError } from "../../src/errors.ts";
import type { DisconnectReason } from "../../src/hub/types.ts";
import type { Store } from "../../src/ports/store.ts";
import { memory } from "../../src/stores/memory.ts";
import {
  byeText,
  createTestHub,
  holdReads,
  IN_STORE,
  id,
  listen,
  publishAll,
  refused,
  settle,
  startHub,
  TestReader,
  withMethods,
} from "./support.ts";

test.each([
  [new TidingsError("store_corrupt", "The file is damaged."), "store_corrupt", "The file is damaged."],
  [new Error("EACCES"), "store_failed", "The store failed: EACCES"],
  ["odd", "store_failed", "The store failed: odd"],
])("a store that does not open: %s: everybody who asks is told why", async (thrown, code, message) => {
  const { hub, runtime } = createTestHub({}, withMethods(memory(), { open: () => Promise.reject(thrown) }));
  const early = hub.publish("a", "x");
  await expect(hub.ready).rejects.toMatchObject({ code, message });
  await expect(early).rejects.toMatchObject({ code, message });
  for (const call of [
    () => hub.publish("a", "x"),
    () => hub.end("a"),
    () => hub.history("a"),
    () => hub.topics(),
    () => hub.deleteTopic("a"),
    () => hub.check(),
  ]) {
    await expect(call()).rejects.toMatchObject({ code, message });
  }
  expect(await refused(hub, { topics: ["a"] })).toMatchObject({
    status: 503,
    headers: { "retry-after": "5" },
    error: { code },
  });
  expect(await refused(hub, { topics: ["a"], accept: "text/event-stream" })).toMatchObject({
    status: 200,
    body: "retry: 5000\n\n",
  });
  expect(hub.status()).toMatchObject({
    state: "failed",
    store: "memory",
    connections: 0,
    publications: 0,
    error: { code, message },
  });
  await hub.close();
  expect(hub.status().state).toBe("closed");
  expect(runtime.timers).toBe(0);
});

test("a store that does not open and that nobody waits for is no unhandled rejection", async () => {
  const { hub } = createTestHub({}, withMethods(memory(), { open: () => Promise.reject(new Error("no")) }));
  await settle();
  expect(hub.status().state).toBe("failed");
  await hub.close();
});

test("an append that fails: publish rejects, nothing is delivered, and the next one may succeed", async () => {
  const store = memory();
  let fails = true;
  const failure = new TidingsError("store_full", "The disk is full.");
  const append: Store["append"] = (batch) => (fails ? Promise.reject(failure) : store.append(batch));
  const { hub, runtime } = await startHub({}, withMethods(store, { append }));
  const reader = await listen(hub, { topics: ["a"] });
  await expect(hub.publish("a", "1")).rejects.toBe(failure);
  await expect(hub.publishBatch([{ topic: "a", data: "1" }])).rejects.toBe(failure);
  runtime.endTurn();
  expect(reader.data).toEqual([]);
  expect(hub.status()).toMatchObject({ state: "open", publications: 0 });
  fails = false;
  expect((await hub.publish("a", "2")).id).toBe(id(1));
  runtime.endTurn();
  expect(reader.data).toEqual(["2"]);
});

test.each([new TidingsError("store_failed", "The disk is gone."), new Error("broken")])(
  "a read that fails while a reader catches up: it is told to come back, and onError why: %s",
  async (failure) => {
    const errors: unknown[] = [];
    const reasons: DisconnectReason[] = [];
    const store = memory();
    let reads = 0;
    const read: Store["read"] = (request) => (++reads > 1 ? Promise.reject(failure) : store.read(request));
    const { hub, runtime } = await startHub(
      { onError: (error) => errors.push(error), onDisconnected: (_, reason) => reasons.push(reason) },
      withMethods(store, { read }),
      IN_STORE,
    );
    const data = Array.from({ length: 8 }, (_, at) => String(at).padEnd(20_000, "x"));
    await publishAll(hub, "a", data);
    runtime.endTurn();
    const reader = await listen(hub, { topics: ["a"], lastEventId: id(0) });
    await settle();
    const seen = reader.data.length;
    expect(reader.data).toEqual(data.slice(0, seen));
    expect(reader.text().endsWith(byeText("store_failed", true))).toBe(true);
    expect(reader.lastEventId).toBe(id(seen));
    expect(reader.ended).toBe(true);
    expect(reasons).toEqual(["store_failed"]);
    expect(errors).toEqual([failure]);
  },
);

test("a read that failed is tried again by the next reader", async () => {
  const store = memory();
  let reads = 0;
  const read: Store["read"] = (request) => (++reads === 1 ? Promise.reject(new Error("once")) : store.read(request));
  const { hub, runtime } = await startHub({}, withMethods(store, { read }), IN_STORE);
  await hub.publish("a", "1");
  runtime.endTurn();
  expect((await refused(hub, { topics: ["a"], lastEventId: id(0) })).status).toBe(503);
  const reader = await listen(hub, { topics: ["a"], lastEventId: id(0) });
  expect(reader.data).toEqual(["1"]);
});

test("readers at the same place share one read, and its failure", async () => {
  const held = holdReads(memory());
  const errors: unknown[] = [];
  const { hub, runtime } = await startHub({ onError: (error) => errors.push(error) }, held.store, IN_STORE);
  await hub.publish("a", "1");
  runtime.endTurn();
  const joining = Array.from({ length: 20 }, () => listen(hub, { topics: ["a"], lastEventId: id(0) }));
  await settle();
  expect(held.reads()).toBe(1);
  await held.release();
  const readers = await Promise.all(joining);
  expect(readers.every(({ data }) => data.length === 1)).toBe(true);
  expect(new Set(readers.map(({ writes }) => writes[1])).size).toBe(1);
});

test("a trim that fails is told to onError, and tried again", async () => {
  const errors: unknown[] = [];
  const store = memory();
  const failure = new Error("trim");
  let trims = 0;
  const trim = (): Promise<void> => (++trims === 1 ? Promise.reject(failure) : store.trim());
  const { runtime } = await startHub({ onError: (error) => errors.push(error) }, withMethods(store, { trim }));
  runtime.advance(30_000);
  await settle();
  expect(errors).toEqual([failure]);
  runtime.advance(60_000);
  await settle();
  expect(trims).toBe(3);
  expect(errors).toHaveLength(1);
});

test("check asks the store", async () => {
  const failure = new TidingsError("store_read_only", "No.");
  let fails = false;
  const store = memory();
  const check = (): Promise<void> => (fails ? Promise.reject(failure) : store.check());
  const { hub } = await startHub({}, withMethods(store, { check }));
  await hub.check();
  fails = true;
  await expect(hub.check()).rejects.toBe(failure);
});

test("a failure to skip to the latest closes the slow reader and harms no other", async () => {
  const store = memory();
  const failure = new Error("latest");
  const errors: unknown[] = [];
  const { hub, runtime } = await startHub(
    { slowConsumer: "latest", limits: { bufferedBytes: 10 }, onError: (error) => errors.push(error) },
    withMethods(store, { latest: () => Promise.reject(failure) }),
  );
  const slow = await listen(hub, { topics: ["a"] });
  const other = await listen(hub, { topics: ["a"] }, new TestReader());
  slow.stalled = true;
  for (const data of ["1", "2", "3"]) {
    await hub.publish("a", data);
    runtime.endTurn();
  }
  slow.drain();
  await settle();
  expect(slow.text().endsWith(byeText("store_failed", true))).toBe(true);
  expect(errors).toEqual([failure]);
  expect(other.data).toEqual(["1", "2", "3"]);
});

test.each(["kicked", "gone"])("a read that fails for a reader that is %s meanwhile is nobody's matter", async (way) => {
  const errors: unknown[] = [];
  const reasons: DisconnectReason[] = [];
  const store = memory();
  let reads = 0;
  let fail = (_: Error): void => {};
  const read: Store["read"] = (request) =>
    ++reads === 1
      ? store.read(request)
      : new Promise((_, reject) => {
          fail = reject;
        });
  const { hub, runtime } = await startHub(
    { onError: (error) => errors.push(error), onDisconnected: (_, reason) => reasons.push(reason) },
    withMethods(store, { read }),
    IN_STORE,
  );
  await publishAll(
    hub,
    "a",
    Array.from({ length: 8 }, (_, at) => String(at).padEnd(20_000, "x")),
  );
  runtime.endTurn();
  const reader = await listen(hub, { topics: ["a"], lastEventId: id(0) });
  expect(reads).toBe(2);
  if (way === "kicked") hub.disconnect("1-i00000");
  else reader.handle?.closed();
  fail(new Error("too late"));
  await settle();
  expect(errors).toEqual([]);
  expect(reasons).toEqual([way === "kicked" ? "kicked" : "closed"]);
  expect(reader.named("tidings:bye")).toHaveLength(way === "kicked" ? 1 : 0);
});
