import { expect, test } from "vitest";
import { Backlog } from "../../src/hub/backlog.ts";
import { memory } from "../../src/stores/memory.ts";
import { IN_STORE, id, listen, publishAll, settle, startHub, TestReader } from "./support.ts";

const KB = 1_024;
const event = "x".repeat(KB);

test("what a socket may hold is its bound, then a sixteenth of what is left of all, then nothing", () => {
  const backlog = new Backlog({ bufferedBytes: 100, totalBufferedBytes: 16_000 });
  const seen = [];
  for (const total of [0, 14_400, 15_200, 15_984, 16_000, 20_000, 0]) {
    backlog.change(total - backlog.total);
    seen.push([backlog.allowance, backlog.share]);
  }
  expect(seen).toEqual([
    [100, 1_000],
    [100, 100],
    [50, 50],
    [1, 1],
    [0, 0],
    [0, 0],
    [100, 1_000],
  ]);
});

test("sockets that hold much together hold less each, within the bound and one flush, and who reads gets everything", async () => {
  const limits = { bufferedBytes: 64 * KB, totalBufferedBytes: 128 * KB };
  const { hub, runtime } = await startHub({ limits });
  const healthy = await listen(hub, { topics: ["a"] });
  const stalled: TestReader[] = [];
  for (let at = 0; at < 50; at++) stalled.push(await listen(hub, { topics: ["a"] }));
  for (const reader of stalled) reader.stalled = true;
  const held = () => stalled.reduce((sum, { buffered }) => sum + buffered, 0);
  for (let at = 0; at < 200; at++) {
    await hub.publish("a", event);
    runtime.endTurn();
    expect(held()).toBeLessThanOrEqual(limits.totalBufferedBytes + 50 * 1.1 * KB);
  }
  expect(healthy.data).toHaveLength(200);
  expect(hub.status()).toMatchObject({ live: 1, catchingUp: 50, buffered: held() });
  // Alone, each might have held 64 KB.
  expect(held()).toBeGreaterThan(limits.totalBufferedBytes / 2);
  for (const reader of stalled) reader.drain();
  await settle();
  for (let round = 0; round < 20; round++) {
    runtime.advance(1_000);
    await settle();
  }
  for (const reader of stalled) expect(reader.data).toHaveLength(200);
  expect(hub.status()).toMatchObject({ live: 51, buffered: 0 });
});

test("a reader that comes while all hold too much is let in, told that it is alive, and served when that is over", async () => {
  const limits = { bufferedBytes: 64 * KB, totalBufferedBytes: 2 * KB };
  const { hub, runtime } = await startHub({ limits }, memory(), IN_STORE);
  const stalled = await listen(hub, { topics: ["a"] });
  stalled.stalled = true;
  // A socket is looked at before each write.
  for (const data of [[event, event, event], ["more"]]) {
    await publishAll(hub, "a", data);
    runtime.endTurn();
  }
  expect(hub.status().buffered).toBeGreaterThan(limits.totalBufferedBytes);
  const reader = await listen(hub, { topics: ["b"] });
  await hub.publish("b", "1");
  runtime.endTurn();
  expect(hub.connections()[1]?.state).toBe("catching-up");
  expect(reader.data).toEqual([]);
  runtime.advance(30_000);
  expect(reader.ids.length + reader.named("tidings:heartbeat").length).toBeGreaterThan(0);
  stalled.drain();
  runtime.advance(1_000);
  await settle();
  runtime.advance(1_000);
  await settle();
  expect(reader.data).toEqual(["1"]);
  expect(hub.status()).toMatchObject({ live: 2, buffered: 0 });
});

test.each(["closed", "destroyed by the stall time"])("a socket that is %s holds nothing any more", async (way) => {
  const { hub, runtime } = await startHub({ limits: { stall: 20_000 } });
  const reader = await listen(hub, { topics: ["a"] }, new TestReader());
  reader.stalled = true;
  for (const data of [event, event]) {
    await hub.publish("a", data);
    runtime.endTurn();
  }
  expect(hub.status().buffered).toBeGreaterThan(0);
  if (way === "closed") reader.handle?.closed();
  else runtime.advance(60_000);
  await settle();
  expect(hub.status()).toMatchObject({ connections: 0, buffered: 0 });
});

test("a flush to a reader that holds something waits while all hold too much, and is not lost", async () => {
  const limits = { bufferedBytes: 64 * KB, totalBufferedBytes: KB };
  const { hub, runtime } = await startHub({ limits });
  const reader = await listen(hub, { topics: ["a"] });
  reader.stalled = true;
  for (const data of ["1".repeat(2 * KB), "2", "3"]) {
    await hub.publish("a", data);
    runtime.endTurn();
  }
  expect(reader.data).toHaveLength(1);
  reader.drain();
  await settle();
  expect(reader.data.slice(1)).toEqual(["2", "3"]);
  expect(reader.lastEventId).toBe(id(3));
});
