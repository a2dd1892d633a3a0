import { expect, test } from "vitest";
import { TidingsError } from "../../src/errors.ts";
import type { TailBounds } from "../../src/hub/tail.ts";
import type { ConnectRequest, Grant, HubOptions } from "../../src/hub/types.ts";
import type { Store } from "../../src/ports/store.ts";
import { memory } from "../../src/stores/memory.ts";
import {
  byeText,
  holdReads,
  IN_STORE,
  id,
  listen,
  publishAll,
  refused,
  settle,
  startHub,
  TestReader,
  TestRuntime,
} from "./support.ts";

const BYE = byeText("expired", true).replace("data:", "retry: 2000\ndata:");

/** A hub, and a wish that is granted for some time from now on. */
async function start(options: HubOptions = {}, store: Store = memory(), bounds?: TailBounds) {
  const { hub, runtime } = await startHub(options, store, bounds);
  const granted = (milliseconds: number, topics = ["a"]): ConnectRequest => {
    const expires = runtime.now() + milliseconds;
    return { topics, authorize: () => ({ subject: "ada", expires }) };
  };
  return { hub, runtime, granted };
}

test("a grant that ends closes its connection, which may come back, and no other", async () => {
  const { hub, runtime, granted } = await start();
  const short = await listen(hub, granted(10_000));
  const long = await listen(hub, granted(20_000));
  const ever = await listen(hub, { topics: ["a"], authorize: () => true });
  runtime.advance(9_999);
  expect(short.ended).toBe(false);
  const before = short.writes.length;
  runtime.advance(1);
  expect([short.ended, long.ended, ever.ended]).toEqual([true, false, false]);
  expect(short.text(before)).toBe(BYE);
  runtime.advance(10_000);
  expect([long.ended, ever.ended]).toEqual([true, false]);
});

test("nothing that is flushed after a grant has ended reaches its reader, however late the timer is", async () => {
  const { hub, runtime, granted } = await start();
  const reader = await listen(hub, granted(5));
  const other = await listen(hub, { topics: ["a"] });
  await hub.publish("a", "before");
  runtime.endTurn();
  await hub.publish("a", "waits");
  // The clock goes on, and no timer has fired.
  runtime.time += 5;
  await hub.publish("a", "after");
  runtime.endTurn();
  expect(other.data).toEqual(["before", "waits", "after"]);
  expect(reader.data).toEqual(["before"]);
  expect(reader.text().endsWith(BYE)).toBe(true);
  await settle();
  const back = await listen(hub, { ...granted(1_000), lastEventId: reader.lastEventId });
  expect(back.data).toEqual(["waits", "after"]);
});

test("the last event of a topic is not for a grant that has ended either", async () => {
  const { hub, runtime, granted } = await start();
  const reader = await listen(hub, granted(5));
  runtime.time += 5;
  await hub.end("a");
  runtime.endTurn();
  expect(reader.named("tidings:end")).toEqual([]);
  expect(reader.text().endsWith(BYE)).toBe(true);
});

test("a page that comes after the grant has ended is not written", async () => {
  const held = holdReads(memory());
  const { hub, runtime, granted } = await start({}, held.store, IN_STORE);
  await publishAll(
    hub,
    "a",
    Array.from({ length: 8 }, (_, at) => String(at).padEnd(20_000, "x")),
  );
  runtime.endTurn();
  const opening = listen(hub, { ...granted(1_000), lastEventId: id(0) });
  await held.release();
  const reader = await opening;
  expect(held.waiting()).toBe(1);
  const { length } = reader.data;
  expect(length).toBeGreaterThan(0);
  runtime.time += 1_000;
  await held.release();
  expect(reader.data).toHaveLength(length);
  expect(reader.text().endsWith(BYE)).toBe(true);
  expect(hub.status().connections).toBe(0);
});

test.each(["before it is asked", "while history is looked up"])(
  "a grant that ends %s is 401, and takes no place",
  async (when) => {
    const held = holdReads(memory());
    const { hub, runtime, granted } = await start({ limits: { connections: 1 } }, held.store, IN_STORE);
    const wish = granted(when === "before it is asked" ? 0 : 1_000);
    const refusing = refused(hub, wish);
    await settle();
    runtime.time += 1_000;
    await held.release();
    const refusal = await refusing;
    expect(refusal).toMatchObject({ status: 401, error: { code: "unauthorized" } });
    const opening = listen(hub, granted(1_000));
    await held.release();
    await opening;
  },
);

test("a grant that ends between the decision and the stream gives nothing of the log", async () => {
  const told: string[] = [];
  const { hub, runtime, granted } = await start({
    onConnected: () => told.push("connected"),
    onDisconnected: (_, reason) => told.push(reason),
  });
  await hub.publish("a", "secret");
  runtime.endTurn();
  const admission = await hub.connect({ ...granted(1_000), from: "earliest" });
  if (admission.kind !== "stream") throw new Error("refused");
  runtime.time += 1_000;
  const reader = new TestReader();
  reader.handle = admission.open(reader);
  await settle();
  expect(reader.text()).not.toContain("secret");
  expect(reader.text().endsWith(BYE)).toBe(true);
  expect(told).toEqual(["connected", "expired"]);
});

test("a grant that ends in thousands of years is waited for in steps that timers can take", async () => {
  const waits: number[] = [];
  const runtime = new (class extends TestRuntime {
    override after(milliseconds: number, task: () => void): () => void {
      waits.push(milliseconds);
      return super.after(milliseconds, task);
    }
  })();
  const { hub, granted } = await start({ runtime });
  const reader = await listen(hub, granted(1e14));
  runtime.advance(10 * 60_000);
  expect(reader.ended).toBe(false);
  expect(waits.length).toBeGreaterThan(1);
  // setTimeout takes anything above for 1.
  for (const wait of waits) expect(wait).toBeLessThan(2 ** 31);
});

test("however many grants there are, one timer waits for them, another for those that have gone, and none in the end", async () => {
  const { hub, runtime, granted } = await start();
  const { timers } = runtime;
  const readers: TestReader[] = [];
  for (let at = 0; at < 300; at++) readers.push(await listen(hub, granted(1_000 + ((at * 7) % 300) * 100)));
  expect(runtime.timers).toBe(timers + 1);
  for (const reader of readers.slice(0, 150)) reader.handle?.closed();
  expect(runtime.timers).toBe(timers + 2);
  runtime.advance(15_000);
  for (const [at, reader] of readers.entries()) {
    if (at >= 150) expect(reader.ended).toBe(((at * 7) % 300) * 100 <= 14_000);
  }
  for (const reader of readers) reader.handle?.closed();
  runtime.advance(31_000);
  expect(runtime.timers).toBe(timers);
});

/** A reader that has fallen behind, and whose next answer of `authorize` a test decides on. */
async function fallBehind(first: Grant | boolean, subject?: string) {
  const { hub, runtime } = await startHub({ limits: { bufferedBytes: 10 } });
  let answer: () => Grant | boolean | Promise<Grant | boolean> = () => first;
  const reader = await listen(hub, { topics: ["a"], ...(subject && { subject }), authorize: () => answer() });
  reader.stalled = true;
  for (const data of ["1", "2"]) {
    await hub.publish("a", data);
    runtime.endTurn();
  }
  expect(hub.connections()[0]?.state).toBe("catching-up");
  return {
    hub,
    runtime,
    reader,
    drain: async (next: typeof answer) => {
      answer = next;
      reader.drain();
      await settle();
    },
  };
}

const START = new TestRuntime().time;

test.each([
  ["later", 60_000, 60_000],
  ["earlier", 5_000, 5_000],
  ["never, by a plain yes", undefined, Number.POSITIVE_INFINITY],
])("what authorize grants before a replay counts from then on: %s", async (_, expires, ends) => {
  const { runtime, reader, drain } = await fallBehind({ expires: START + 10_000 });
  await drain(() => (expires === undefined ? true : { expires: START + expires }));
  expect(reader.data).toEqual(["1", "2"]);
  for (const at of [4_999, 5_000, 10_000, 59_999, 60_000, 1_000_000]) {
    runtime.advance(START + at - runtime.now());
    expect([at, reader.ended]).toEqual([at, at >= ends]);
  }
});

test("a grant that has ended already gives no replay, and the reader may come back", async () => {
  const { runtime, reader, drain } = await fallBehind(true);
  await drain(() => ({ expires: runtime.now() - 1 }));
  expect(reader.data).toEqual(["1"]);
  expect(reader.text().endsWith(BYE)).toBe(true);
});

test("a grant that ends while it is being renewed is over", async () => {
  const { runtime, reader, drain } = await fallBehind({ expires: START + 1_000 });
  let renew = (): void => {};
  await drain(() => new Promise<Grant>((resolve) => (renew = () => resolve({ expires: START + 60_000 }))));
  runtime.advance(1_000);
  renew();
  await settle();
  expect(reader.data).toEqual(["1"]);
  expect(reader.text().endsWith(BYE)).toBe(true);
  expect(runtime.timers).toBe(2);
});

test.each([
  ["no", (): boolean => false, false],
  ["403", () => Promise.reject(new TidingsError("forbidden", "No.")), false],
  ["401, which a new token may mend", () => Promise.reject(new TidingsError("invalid_token", "Expired.")), true],
  ["another subject", () => ({ subject: "eve" }), false],
] as const)("an answer of %s before a replay closes the connection", async (_, answer, reconnect) => {
  const { reader, drain } = await fallBehind({ subject: "ada" });
  await drain(answer);
  expect(reader.data).toEqual(["1"]);
  expect(reader.text().endsWith(byeText("unauthorized", reconnect))).toBe(true);
});

test("the subject of a grant wins over that of the request, and counts", async () => {
  const { hub } = await startHub({ limits: { connectionsPerSubject: 1 } });
  const wish = { topics: ["a"], subject: "request", authorize: () => ({ subject: "grant" }) };
  await listen(hub, wish);
  expect(hub.connections()[0]?.subject).toBe("grant");
  expect((await refused(hub, wish)).error?.code).toBe("too_many_connections");
  await listen(hub, { ...wish, authorize: () => ({}) });
  expect(hub.connections()[1]?.subject).toBe("request");
});

test.each([
  [{ expires: Number.NaN }, "NaN"],
  [{ expires: "2026-01-01" }, "2026-01-01"],
  [{ expires: null }, "null"],
  [{ subject: 7 }, "7"],
])(
  "a grant of %j is nobody's right: the reader is told nothing, the application what is wrong",
  async (grant, named) => {
    const errors: Error[] = [];
    const { hub } = await startHub({ limits: { connections: 1 }, onError: (error) => errors.push(error as Error) });
    const refusal = await refused(hub, { topics: ["a"], authorize: () => grant as unknown as Grant });
    expect(refusal).toMatchObject({ status: 500, error: { code: "internal_error" } });
    expect(errors).toHaveLength(1);
    expect(errors[0]?.message).toContain(named);
    await listen(hub, { topics: ["a"] });
  },
);
