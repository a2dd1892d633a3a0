import { expect, test } from "vitest";
import type { Grant } from "../../src/hub/types.ts";
import type { Barred } from "../../src/ports/store.ts";
import { memory } from "../../src/stores/memory.ts";
import {
  byeText,
  createTestHub,
  holdReads,
  IN_STORE,
  listen,
  refused,
  settle,
  startHub,
  stopHub,
  TestReader,
  withMethods,
} from "./support.ts";

const HOUR = 3_600_000;
const ada = { topics: ["a"], subject: "ada" };

test("a kick closes all connections of a subject at once, whatever their state, and nobody else's", async () => {
  const reasons: string[] = [];
  const { hub, runtime } = await startHub({
    limits: { bufferedBytes: 10 },
    onDisconnected: ({ id }, reason) => reasons.push(`${id[0]} ${reason}`),
  });
  const live = await listen(hub, ada);
  const behind = await listen(hub, { ...ada, topics: ["a", "b"] });
  const bob = await listen(hub, { topics: ["a"], subject: "bob" });
  const nobody = await listen(hub, { topics: ["a"] });
  behind.stalled = true;
  for (const data of ["1", "2"]) {
    await hub.publish("a", data);
    runtime.endTurn();
  }
  await hub.publish("a", "pending");
  expect(hub.kick("ada")).toEqual({ connections: 2, until: runtime.now() + HOUR });
  runtime.endTurn();
  await settle();
  expect(live.data).toEqual(["1", "2"]);
  for (const reader of [live, behind]) expect(reader.text().endsWith(byeText("kicked", false))).toBe(true);
  expect([bob.data, nobody.data]).toEqual([
    ["1", "2", "pending"],
    ["1", "2", "pending"],
  ]);
  expect(reasons).toEqual(["1 kicked", "2 kicked"]);
});

test.each(["never seen", "seen with grants that say no end"])(
  "without a time a subject that was %s stays out for an hour",
  async (what) => {
    const { hub, runtime } = await startHub();
    const isSeen = what !== "never seen";
    if (isSeen) {
      await listen(hub, ada);
      // Another grant of it ends soon; the one without an end would outlive that.
      await listen(hub, { ...ada, authorize: () => ({ expires: runtime.now() + 5_000 }) });
    }
    const until = runtime.now() + HOUR;
    expect(hub.kick("ada")).toEqual({ connections: isSeen ? 2 : 0, until });
    runtime.advance(HOUR - 1);
    await refused(hub, ada);
    runtime.advance(1);
    await listen(hub, ada);
  },
);

test("who is kept out is told to the store, and comes from it", async () => {
  const told: Barred[] = [];
  const store = memory();
  const { hub, runtime } = await startHub(
    {},
    withMethods(store, {
      open: async (options) => ({
        ...(await store.open(options)),
        barred: [{ subject: "eve", until: options.now() + HOUR }],
      }),
      bar: async (barred) => void told.push(barred),
    }),
  );
  expect(hub.isBarred("eve")).toBe(true);
  const { until } = hub.kick("ada", { for: 1_000 });
  expect(told).toEqual([{ subject: "ada", until }]);
  runtime.advance(HOUR);
  expect(hub.isBarred("eve")).toBe(false);
});

test("a kick holds though the store cannot write it down, which onError is told", async () => {
  const errors: unknown[] = [];
  const failure = new Error("the disk is full");
  const store = withMethods(memory(), { bar: () => Promise.reject(failure) });
  const { hub } = await startHub({ onError: (error) => errors.push(error) }, store);
  hub.kick("ada");
  await settle();
  expect([hub.isBarred("ada"), errors]).toEqual([true, [failure]]);
});

test("a subject stays out for the time that was said, and no longer", async () => {
  const { hub, runtime } = await startHub();
  const { timers } = runtime;
  expect(hub.kick("ada", { for: 60_000 })).toEqual({ connections: 0, until: runtime.now() + 60_000 });
  expect([hub.isBarred("ada"), hub.isBarred("bob")]).toEqual([true, false]);
  runtime.advance(10_500);
  expect(await refused(hub, { ...ada, accept: "text/event-stream" })).toMatchObject({
    status: 403,
    headers: { "retry-after": "50" },
    error: { code: "subject_barred", message: "You were disconnected, and may come back in 50 s." },
  });
  await refused(hub, { topics: ["a"], subject: "bob", authorize: () => ({ subject: "ada" }) });
  await listen(hub, { ...ada, authorize: () => ({ subject: "bob" }) });
  runtime.advance(49_499);
  expect(hub.isBarred("ada")).toBe(true);
  runtime.advance(1);
  expect(hub.isBarred("ada")).toBe(false);
  expect(runtime.timers).toBe(timers);
  await listen(hub, ada);
});

test("without a time it stays out until the last grant of its connections has ended", async () => {
  const { hub, runtime } = await startHub();
  const until = (milliseconds: number) => ({ ...ada, authorize: () => ({ expires: end(milliseconds) }) });
  const start = runtime.now();
  const end = (milliseconds: number) => start + milliseconds;
  for (const milliseconds of [5_000, 30_000, 10_000]) await listen(hub, until(milliseconds));
  expect(hub.kick("ada")).toEqual({ connections: 3, until: end(30_000) });
  // Again: nobody is there any more, and it stays.
  expect(hub.kick("ada")).toEqual({ connections: 0, until: end(30_000) });
  runtime.advance(29_999);
  await refused(hub, until(60_000));
  runtime.advance(1);
  await listen(hub, until(60_000));
});

test("a call that is no connection is refused while its subject is out, and the grant it showed counts", async () => {
  const { hub, runtime } = await startHub();
  const expires = runtime.now() + 60_000;
  hub.assertNotBarred({ subject: "ada", expires });
  hub.assertNotBarred({ subject: "ada", expires: expires - 1 });
  hub.assertNotBarred({ subject: "bob" });
  hub.assertNotBarred({ expires });
  expect(hub.kick("ada")).toEqual({ connections: 0, until: expires });
  runtime.advance(10_500);
  expect(() => hub.assertNotBarred({ subject: "ada" })).toThrow(
    expect.objectContaining({ code: "subject_barred", retryAfter: 50 }),
  );
  hub.assertNotBarred({ subject: "bob" });
  runtime.advance(49_500);
  hub.assertNotBarred({ subject: "ada" });
});

test("a reader that is between two connections when it is kicked stays out like one that is there", async () => {
  const { hub, runtime } = await startHub();
  const expires = runtime.now() + 60_000;
  const wish = { ...ada, authorize: () => ({ expires }) };
  for (const gone of [true, false]) {
    const reader = await listen(hub, { ...wish, authorize: () => ({ expires: gone ? expires : expires - 1 }) });
    if (gone) reader.handle?.closed();
    else hub.disconnect(hub.connections()[0]?.id as string);
  }
  await settle();
  expect(hub.kick("ada")).toEqual({ connections: 0, until: expires });
  await refused(hub, wish);
  // Of a grant that is over, nothing is remembered.
  runtime.advance(60_000);
  expect(hub.kick("ada")).toEqual({ connections: 0, until: runtime.now() + HOUR });
});

test("a kick with another time replaces the one before, also by a shorter one", async () => {
  const { hub, runtime } = await startHub();
  hub.kick("ada", { for: 3_600_000 });
  hub.kick("ada", { for: 1_000 });
  runtime.advance(1_000);
  expect(hub.isBarred("ada")).toBe(false);
});

test.each(["authorize", "the store"])("a reader that waits for %s is kicked with the others", async (what) => {
  const held = holdReads(memory());
  const { hub, runtime } = await startHub({ limits: { connections: 1 } }, held.store, IN_STORE);
  let answer = (_: Grant): void => {};
  const expires = runtime.now() + 2 * HOUR;
  const authorize = (): Grant | Promise<Grant> =>
    what === "authorize" ? new Promise((resolve) => (answer = resolve)) : { subject: "ada", expires };
  const arriving = refused(hub, { topics: ["a"], authorize });
  await settle();
  expect(hub.kick("ada").connections).toBe(0);
  answer({ subject: "ada", expires });
  await held.release();
  expect((await arriving).error).toMatchObject({ code: "subject_barred", status: 403 });
  // The grant it came with is over, like those of the connections that were there.
  runtime.advance(2 * HOUR - 1);
  expect(hub.isBarred("ada")).toBe(true);
  runtime.advance(1);
  expect(hub.isBarred("ada")).toBe(false);
  // It has left no place behind, and nothing is remembered of a kick that kept nobody out.
  const opening = listen(hub, ada);
  await held.release();
  await opening;
});

test("a reader that waits for authorize is not hit by the kick of another, nor by one before it came", async () => {
  const { hub, runtime } = await startHub();
  let answer = (_: Grant): void => {};
  hub.kick("ada", { for: 1_000 });
  runtime.advance(1_000);
  const arriving = listen(hub, { topics: ["a"], authorize: () => new Promise((resolve) => (answer = resolve)) });
  hub.kick("bob");
  answer({ subject: "ada" });
  expect((await arriving).ended).toBe(false);
});

test("a kick between the decision and the stream gives nothing of the log", async () => {
  const { hub, runtime } = await startHub();
  await hub.publish("a", "secret");
  runtime.endTurn();
  const admission = await hub.connect({ ...ada, from: "earliest" });
  hub.kick("ada");
  if (admission.kind !== "stream") throw new Error("refused");
  const reader = new TestReader();
  reader.handle = admission.open(reader);
  await settle();
  expect(reader.text()).not.toContain("secret");
  expect(reader.text().endsWith(byeText("kicked", false))).toBe(true);
  expect(hub.status().connections).toBe(0);
});

test("of ten thousand subjects that stay out, one more lets the first in again, and that is told", async () => {
  const errors: Error[] = [];
  const { hub } = await startHub({ onError: (error) => errors.push(error as Error) });
  for (let at = 0; at < 10_000; at++) hub.kick(`user/${at}`, { for: 60_000 });
  expect(errors).toEqual([]);
  // One that is kept out already takes no place more, and is the youngest again.
  hub.kick("user/0", { for: 60_000 });
  hub.kick("ada", { for: 60_000 });
  expect(["user/0", "user/1", "user/2", "ada"].map(hub.isBarred)).toEqual([true, false, true, true]);
  expect(errors.map(({ message }) => message)).toEqual([
    `Too many subjects are kept out; "user/1" may come in before its time.`,
  ]);
});

test("who waits while ten thousand others are kicked is taken for one of them", async () => {
  const { hub } = await startHub();
  let answer = (_: Grant): void => {};
  const arriving = refused(hub, { topics: ["a"], authorize: () => new Promise((resolve) => (answer = resolve)) });
  for (let at = 0; at <= 10_000; at++) hub.kick(`user/${at}`);
  answer({ subject: "user/0" });
  expect((await arriving).error?.code).toBe("subject_barred");
  await listen(hub, { topics: ["a"], subject: "user/0" });
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, "1h"])("a time of %s is refused", async (time) => {
  const { hub } = await startHub();
  const reader = await listen(hub, ada);
  expect(() => hub.kick("ada", { for: time as number })).toThrow(
    expect.objectContaining({ code: "invalid_parameter", field: "for" }),
  );
  expect(reader.ended).toBe(false);
});

test("a hub that is not open yet, or closing, kicks nobody and says so", async () => {
  const store = memory();
  let letOpen = (): void => {};
  const opening = new Promise<void>((resolve) => (letOpen = resolve));
  const { hub, runtime } = createTestHub(
    {},
    withMethods(store, { open: (options) => opening.then(() => store.open(options)) }),
  );
  expect(() => hub.kick("ada")).toThrow(expect.objectContaining({ code: "hub_not_ready" }));
  expect(hub.isBarred("ada")).toBe(false);
  expect(hub.presence("a")).toMatchObject({ connections: 0, subjects: [] });
  letOpen();
  await hub.ready;
  hub.kick("ada", { for: 1_000 });
  await stopHub({ hub, runtime });
  expect(() => hub.kick("ada")).toThrow(expect.objectContaining({ code: "hub_closed" }));
});
