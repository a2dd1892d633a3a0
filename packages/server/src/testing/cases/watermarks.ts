import assert from "node:assert/strict";
import { type OpenLog, toData } from "../bench.ts";
import { type StoreCase, storeCase } from "../case.ts";

/** How a reader learns that part of what it asks for is no longer held. */
export const watermarkCases: readonly StoreCase[] = [
  storeCase("nothing trimmed, no watermark", async (bench) => {
    const log = await bench.open();
    await log.append("a", "1");
    assert.equal((await log.read(["a", "**"])).trimmedTo, 0);
  }),

  storeCase("after a trim by age, count or bytes, readers of that topic alone are told", async (bench) => {
    const topics = { age: { maxAge: 1_000 }, count: { maxCount: 2 }, bytes: { maxBytes: 2 } };
    const log = await bench.open({ retention: { topics } });
    for (const topic of ["age", "count", "bytes", "other"]) {
      for (let n = 0; n < 4; n++) await log.append(topic, "x");
    }
    bench.now += 2_000;
    await log.store.trim();
    assert.deepEqual(await trimmedTo(log, ["age"]), 4);
    assert.deepEqual(await trimmedTo(log, ["count"]), 6);
    assert.deepEqual(await trimmedTo(log, ["bytes"]), 10);
    assert.deepEqual(await trimmedTo(log, ["other"]), 0);
    assert.deepEqual(await trimmedTo(log, ["other", "age", "count"]), 6);
    assert.deepEqual(await trimmedTo(log, ["*", "other"]), 10);
  }),

  storeCase("after a trim by bytes in all, readers of what went are told", async (bench) => {
    const log = await bench.open({ retention: { maxTotalBytes: 5_000 } });
    await log.append("old/1", "x".repeat(1_000));
    for (let n = 0; n < 5; n++) await log.append("new", "x".repeat(900));
    await log.store.trim();
    assert.equal(await trimmedTo(log, ["old/1"]), 1);
    assert.equal(await trimmedTo(log, ["old/*"]), 1);
    assert.ok((await trimmedTo(log, ["new"])) < 4);
  }),

  storeCase("after a delete, readers are told up to what was deleted, and what is new is held", async (bench) => {
    const log = await bench.open();
    for (const topic of ["a", "b", "a", "b"]) await log.append(topic, topic);
    assert.equal(await log.store.deleteTopic("a"), true);
    assert.equal(await trimmedTo(log, ["a"]), 3);
    assert.equal(await trimmedTo(log, ["b"]), 0);
    assert.equal(await trimmedTo(log, ["**"]), 3);
    assert.equal(await log.store.deleteTopic("a"), false);
    assert.equal(await log.store.deleteTopic("never"), false);
    await log.append("a", "new");
    assert.deepEqual(toData(await log.read("a", { after: 3 })), ["new"]);
  }),

  storeCase("watermarks are there after reopening, and in the newest of each too", async (bench) => {
    const before = await bench.open();
    await before.append("a", "1");
    await before.store.deleteTopic("a");
    await before.store.close();
    const after = await bench.open();
    assert.equal(await trimmedTo(after, ["a"]), 1);
    assert.equal((await after.latest(["a"])).trimmedTo, 1);
  }),

  storeCase("the hub's own topics raise no watermark of a pattern", async (bench) => {
    const log = await bench.open();
    await log.append("tidings:own", "1");
    await log.store.deleteTopic("tidings:own");
    assert.equal(await trimmedTo(log, ["**"]), 0);
    assert.equal(await trimmedTo(log, ["tidings:own"]), 1);
  }),

  storeCase(
    "of too many watermarks the lowest go, and a floor rises under every reader instead",
    async (bench) => {
      const log = await bench.open();
      await log.append("untouched", "1");
      for (let n = 0; n < 30; n++) {
        await log.append(`gone/${n}`, "x");
        await log.store.deleteTopic(`gone/${n}`);
      }
      await log.store.trim();
      const floor = await trimmedTo(log, ["untouched"]);
      assert.ok(floor > 1 && floor < 31, `the floor is at ${floor}`);
      assert.ok(log.store.dropped.watermarks > 0);
      for (let n = 0; n < 30; n++) {
        const through = await trimmedTo(log, [`gone/${n}`]);
        assert.ok(through >= n + 2, `gone/${n} is trimmed to ${through}`);
      }
      await log.store.close();
      const after = await bench.open();
      assert.equal(await trimmedTo(after, ["untouched"]), floor);
    },
    { bounds: { watermarks: 10 } },
  ),
];

async function trimmedTo(log: OpenLog, names: readonly string[]): Promise<number> {
  return (await log.read(names)).trimmedTo;
}
