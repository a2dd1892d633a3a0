import { expect, test } from "vitest";
import { Slices } from "../../src/hub/slices.ts";
import { systemRuntime } from "../../src/hub/timers.ts";
import type { Runtime } from "../../src/ports/runtime.ts";
import { id, listen, publishAll, refused, settle, startHub, TestReader } from "./support.ts";

/** The event loop as it is, with the time that work takes in the hands of a test. */
function loopWithClock(): Runtime & { worked: number } {
  const runtime = { ...systemRuntime, worked: 0, elapsed: () => runtime.worked };
  return runtime;
}

/** Until nobody waits; each turn of the event loop is a mark in the log. */
async function runAll(slices: Slices, log: string[]): Promise<void> {
  while (slices.waiting > 0) {
    await new Promise((resolve) => setImmediate(resolve));
    log.push("turn");
  }
}

test("steps go on at once while a turn has time, and wait in order for the next turns when it has none", async () => {
  const runtime = loopWithClock();
  const log: string[] = [];
  const slices = new Slices(runtime, () => {});
  expect(slices.take()).toBeUndefined();
  runtime.worked += 1.9;
  expect(slices.take()).toBeUndefined();
  runtime.worked += 0.1;
  for (const step of ["a", "b", "c", "d", "e"]) {
    void slices.take()?.then(() => {
      log.push(step);
      runtime.worked += 1;
    });
  }
  expect(slices.waiting).toBe(5);
  await runAll(slices, log);
  await settle();
  expect(log.filter((entry) => entry !== "turn")).toEqual(["a", "b", "c", "d", "e"]);
  // Two of a millisecond are a slice.
  const stepsOfTurns = log.join("").split("turn");
  expect(Math.max(...stepsOfTurns.map((steps) => steps.length))).toBe(2);
  expect(slices.take()).toBeUndefined();
});

test("nobody overtakes those who wait, and what is pending for live readers is flushed before each step", async () => {
  const runtime = loopWithClock();
  const log: string[] = [];
  const slices = new Slices(runtime, () => log.push("flush"));
  slices.take();
  runtime.worked += 2;
  void slices.take()?.then(() => {
    log.push("first");
    void slices.take()?.then(() => log.push("third"));
  });
  void slices.take()?.then(() => log.push("second"));
  while (slices.waiting > 0) await new Promise((resolve) => setImmediate(resolve));
  await settle();
  expect(log).toEqual(["flush", "first", "flush", "second", "flush", "third"]);
});

test("a live reader gets what is pending before those who wait come in", async () => {
  const { hub, runtime } = await startHub();
  await publishAll(hub, "a", ["1", "2"]);
  runtime.endTurn();
  const order: string[] = [];
  const live = await listen(hub, { topics: ["a"] });
  const write = live.write.bind(live);
  live.write = (bytes) => {
    order.push("live");
    write(bytes);
  };
  runtime.worked += 2;
  const returning = listen(hub, { topics: ["a"], lastEventId: id(1) });
  void returning.then(() => order.push("returned"));
  await settle();
  expect(order).toEqual([]);
  // The turn in which the reader came is over, and something is published in the one in which it is let in.
  runtime.endTurn();
  await hub.publish("a", "3");
  runtime.endTurn();
  const reader = await returning;
  expect(order).toEqual(["live", "returned"]);
  runtime.endTurn();
  expect(live.data).toEqual(["3"]);
  expect(reader.data).toEqual(["2", "3"]);
});

test("no more readers wait to be let in than the hub may hold", async () => {
  const { hub, runtime } = await startHub({ limits: { connections: 2 } });
  await listen(hub, { topics: ["a"] });
  runtime.worked += 2;
  const waiting = [hub.connect({ topics: ["a"] }), hub.connect({ topics: ["a"] })];
  const refusal = await refused(hub, { topics: ["a"] });
  expect(refusal).toMatchObject({ status: 503, headers: { "retry-after": "30" } });
  expect(refusal.body).toContain("2 readers wait to be let in");
  runtime.endTurn();
  runtime.endTurn();
  // One place is taken, and the other goes to the first of them.
  const [first, second] = await Promise.all(waiting);
  expect([first?.kind, second?.status]).toEqual(["stream", 503]);
  if (first?.kind === "stream") {
    const reader = new TestReader();
    reader.handle = first.open(reader);
  }
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
