import { expect, test } from "vitest";
import { createHub } from "../../src/create-hub.ts";
import type { HubOptions } from "../../src/hub/types.ts";
import { memory } from "../../src/stores/memory.ts";
import {
  createTestHub,
  eventText,
  holdReads,
  IN_STORE,
  id,
  listen,
  publishAll,
  refused,
  settle,
  startHub,
  stopHub,
  TestReader,
  TestRuntime,
  withMethods,
} from "./support.ts";

const CLOSED = { code: "hub_closed", status: 503, retryAfter: 1 };

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.finally(() => {
    settled = true;
  });
  await settle();
  return settled;
}

test("every reader is told bye with a retry of its own, spread over the drain time, after what was pending", async () => {
  let state = 7;
  const runtime = new TestRuntime(() => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  });
  const { hub } = await startHub({ runtime });
  const readers: TestReader[] = [];
  for (let at = 0; at < 50; at++) readers.push(await listen(hub, { topics: ["a"] }));
  const { id: pending } = await hub.publish("a", "pending");
  await hub.close({ drain: 60_000 });
  const retries = readers.map((reader) => {
    const [retry] = reader.retries.slice(1);
    expect(reader.text(2)).toBe(
      `id: ${pending}\ntopic: a\ndata: pending\n\nevent: tidings:bye\nretry: ${retry}\ndata: {"reason":"drain","reconnect":true}\n\n`,
    );
    expect(reader.ended).toBe(true);
    return retry as number;
  });
  expect(new Set(retries).size).toBeGreaterThan(45);
  expect(Math.min(...retries)).toBeGreaterThanOrEqual(1_000);
  expect(Math.max(...retries)).toBeLessThanOrEqual(63_000);
  expect(Math.max(...retries) - Math.min(...retries)).toBeGreaterThan(40_000);
  expect(runtime.timers).toBe(0);
});

test("close waits for what was written to go out, at most the drain time, then destroys", async () => {
  const { hub, runtime } = createTestHub();
  await hub.ready;
  const readers = [new TestReader(), new TestReader(), new TestReader()] as const;
  for (const reader of readers) {
    reader.lingers = true;
    await listen(hub, { topics: ["a"] }, reader);
  }
  const closed = hub.close({ drain: 5_000 });
  expect(hub.status().state).toBe("closing");
  await settle();
  expect(readers.map(({ ended }) => ended)).toEqual([true, true, true]);
  readers[0].handle?.closed();
  runtime.advance(4_999);
  expect(await isSettled(closed)).toBe(false);
  expect(readers.map(({ destroyed }) => destroyed)).toEqual([false, false, false]);
  runtime.advance(1);
  await settle();
  expect(readers.map(({ destroyed }) => destroyed)).toEqual([false, true, true]);
  expect(await isSettled(closed)).toBe(false);
  readers[1].handle?.closed();
  expect(await isSettled(closed)).toBe(false);
  readers[2].handle?.closed();
  expect(await isSettled(closed)).toBe(true);
  expect(hub.status()).toMatchObject({ state: "closed", connections: 0 });
  expect(runtime.timers).toBe(0);
});

test("a transport that does not even go when it is destroyed holds the hub up no longer", async () => {
  const { hub, runtime } = createTestHub();
  await hub.ready;
  const reader = new TestReader();
  reader.lingers = true;
  await listen(hub, { topics: ["a"] }, reader);
  const closed = hub.close();
  await settle();
  runtime.advance(3_000);
  await settle();
  expect(reader.destroyed).toBe(true);
  runtime.advance(1_000);
  expect(await isSettled(closed)).toBe(true);
  expect(runtime.timers).toBe(0);
});

test("close waits no longer than the last reader stays, and not at all without readers", async () => {
  const { hub, runtime } = createTestHub();
  await hub.ready;
  const reader = new TestReader();
  reader.lingers = true;
  await listen(hub, { topics: ["a"] }, reader);
  const closed = hub.close({ drain: 60_000 });
  expect(await isSettled(closed)).toBe(false);
  reader.handle?.closed();
  expect(await isSettled(closed)).toBe(true);
  expect(runtime.timers).toBe(0);

  const quiet = createTestHub();
  await quiet.hub.ready;
  expect(await isSettled(quiet.hub.close())).toBe(true);
  expect(quiet.runtime.timers).toBe(0);
});

test("nothing is accepted by a hub that is closing or closed", async () => {
  const { hub, runtime } = createTestHub();
  await hub.ready;
  const reader = new TestReader();
  reader.lingers = true;
  await listen(hub, { topics: ["a"] }, reader);
  const closed = hub.close();
  for (const state of ["closing", "closed"]) {
    if (state === "closed") {
      reader.handle?.closed();
      await closed;
    }
    expect(hub.status().state).toBe(state);
    for (const call of [
      () => hub.publish("a", "x"),
      () => hub.end("a"),
      () => hub.publishBatch([{ topic: "a", data: "x" }]),
      () => hub.history("a"),
      () => hub.topics(),
      () => hub.deleteTopic("a"),
      () => hub.check(),
    ]) {
      await expect(call()).rejects.toMatchObject(CLOSED);
    }
    expect(await refused(hub, { topics: ["a"] })).toMatchObject({
      status: 503,
      headers: { "retry-after": "1" },
      error: CLOSED,
    });
    expect(await refused(hub, { topics: ["a"], accept: "text/event-stream" })).toMatchObject({
      status: 200,
      body: "retry: 1000\n\n",
    });
  }
  expect(runtime.timers).toBe(0);
});

test("closing twice is closing once: the same promise, one bye", async () => {
  const { hub } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  const first = hub.close({ drain: 10 });
  expect(hub.close({ drain: 99_999 })).toBe(first);
  await first;
  expect(hub.close()).toBe(first);
  expect(reader.named("tidings:bye")).toHaveLength(1);
});

test("await using closes the hub", async () => {
  const runtime = new TestRuntime();
  let kept: ReturnType<typeof createHub> | undefined;
  {
    await using hub = createHub({ runtime });
    kept = hub;
    await hub.publish("a", "x");
  }
  expect(kept.status().state).toBe("closed");
  expect(runtime.timers).toBe(0);
});

test("the store is closed after the last reader has gone, and can be opened again", async () => {
  const store = memory();
  let closes = 0;
  const { hub } = createTestHub(
    {},
    withMethods(store, {
      close: () => {
        closes++;
        return store.close();
      },
    }),
  );
  await hub.ready;
  await hub.publish("a", "1");
  const reader = new TestReader();
  reader.lingers = true;
  await listen(hub, { topics: ["a"] }, reader);
  const closed = hub.close();
  await settle();
  expect(closes).toBe(0);
  reader.handle?.closed();
  await closed;
  expect(closes).toBe(1);
  const next = await startHub({}, store);
  expect((await next.hub.history("a")).events.map(({ data }) => data)).toEqual(["1"]);
});

test("a hub that is closed as soon as it was created leaves no timer", async () => {
  const errors: unknown[] = [];
  const { hub, runtime } = createTestHub({ onError: (error) => errors.push(error) });
  await hub.close();
  expect(hub.status().state).toBe("closed");
  expect(runtime.timers).toBe(0);
  runtime.advance(120_000);
  await settle();
  expect(errors).toEqual([]);
});

test("a hub that is closed while it waits for the store's lock gives up waiting, and says hub_closed to who waits for it", async () => {
  const store = memory();
  const first = await startHub({}, store);
  const { hub, runtime } = createTestHub({}, store);
  const waiting = [hub.publish("a", "x"), hub.history("a"), hub.topics(), hub.deleteTopic("a"), hub.ready];
  const outcomes = Promise.allSettled(waiting);
  await settle();
  expect(hub.status().state).toBe("opening");
  await hub.close();
  for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: "rejected", reason: CLOSED });
  expect(hub.status().state).toBe("closed");
  expect(runtime.timers).toBe(0);
  await first.hub.publish("a", "still mine");
});

test("a second hub on a store is ready when the first has closed", async () => {
  const store = memory();
  const first = createTestHub({}, store);
  await first.hub.ready;
  await first.hub.publish("a", "1");
  const runtime = new TestRuntime(() => 0.25);
  const { hub } = createTestHub({ runtime }, store);
  const second = hub.publish("a", "2");
  await settle();
  expect(hub.status().state).toBe("opening");
  await first.hub.close();
  await second;
  const reader = await listen(hub, { topics: ["a"], lastEventId: id(0) });
  expect(reader.data).toEqual(["1", "2"]);
  await stopHub({ hub, runtime });
});

test("a reader whose admission takes longer than the hub lives is turned away, and leaves nothing behind", async () => {
  const errors: unknown[] = [];
  const held = holdReads(memory());
  const options: HubOptions = { onError: (error) => errors.push(error) };
  const { hub, runtime } = await startHub(options, held.store, IN_STORE);
  await hub.publish("a", "1");
  runtime.endTurn();
  let allow = (_: boolean): void => {};
  const byAuthorize = hub.connect({
    topics: ["a"],
    authorize: () =>
      new Promise((resolve) => {
        allow = resolve;
      }),
  });
  const byRead = hub.connect({ topics: ["a"], lastEventId: id(0) });
  await settle();
  expect(held.waiting()).toBe(1);
  await hub.close();
  allow(true);
  await held.release();
  expect(await byAuthorize).toMatchObject({ kind: "refusal", status: 503, error: CLOSED });
  expect(await byRead).toMatchObject({ kind: "refusal", status: 503, error: CLOSED });
  expect(errors).toEqual([]);
});

test("a stream that was decided on and is opened only when the hub closes says bye", async () => {
  const reasons: string[] = [];
  const { hub } = await startHub({ onDisconnected: (_, reason) => reasons.push(reason) });
  const admission = await hub.connect({ topics: ["a"] });
  await hub.close();
  if (admission.kind !== "stream") throw new Error("refused");
  const reader = new TestReader();
  reader.handle = admission.open(reader);
  await settle();
  expect(reader.blocks.at(-1)).toMatchObject({ event: "tidings:bye", data: '{"reason":"drain","reconnect":true}' });
  expect(reader.ended).toBe(true);
  expect(reasons).toEqual(["drain"]);
  expect(hub.status().connections).toBe(0);
});

test("a reader that is catching up when the hub closes is told bye, and the page on its way harms nothing", async () => {
  const errors: unknown[] = [];
  const held = holdReads(memory());
  const { hub, runtime } = await startHub({ onError: (error) => errors.push(error) }, held.store, IN_STORE);
  const data = Array.from({ length: 12 }, (_, at) => String(at).padEnd(20_000, "x"));
  await publishAll(hub, "a", data);
  runtime.endTurn();
  const opening = listen(hub, { topics: ["a"], lastEventId: id(0) });
  await held.release();
  const reader = await opening;
  expect(held.waiting()).toBe(1);
  const { length } = reader.data;
  await hub.close();
  await held.release();
  expect(reader.data).toHaveLength(length);
  expect(reader.blocks.at(-1)?.event).toBe("tidings:bye");
  expect(errors).toEqual([]);
  // It comes back to the position that it was given.
  expect(reader.lastEventId).toBe(id(length));
});

test("what was published right before the close reaches who listens", async () => {
  const { hub } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  const published = hub.publish("a", "last words");
  const closed = hub.close();
  expect((await published).id).toBe(id(1));
  await closed;
  expect(reader.text(2).startsWith(eventText(1, "a", "last words"))).toBe(true);
});
