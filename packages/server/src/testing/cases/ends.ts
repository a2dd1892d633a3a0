import assert from "node:assert/strict";
import { toMarks } from "../bench.ts";
import { type StoreCase, storeCase } from "../case.ts";

/** The end of a topic. */
export const endCases: readonly StoreCase[] = [
  storeCase("nothing is appended to a topic that has ended", async (bench) => {
    const log = await bench.open();
    await log.append("a", "last", { end: true });
    await assert.rejects(log.append("a", "more"), { code: "topic_ended", index: 0 });
    await assert.rejects(log.store.append([{ topic: "a", end: true }]), { code: "topic_ended" });
    await assert.rejects(
      log.store.append([
        { topic: "b", data: "1" },
        { topic: "a", data: "2" },
      ]),
      { index: 1 },
    );
    assert.deepEqual(await log.dataOf("a", "b"), ["last"]);
    assert.equal(await log.append("a/b", "another topic"), 2);
  }),

  storeCase("nothing is appended after the end within a batch, or in the same turn", async (bench) => {
    const log = await bench.open();
    const end = { topic: "a", end: true as const };
    await assert.rejects(log.store.append([end, { topic: "a", data: "1" }]), { code: "topic_ended", index: 1 });
    assert.equal((await log.read("a")).ended.size, 0);
    const [ended, late] = await Promise.allSettled([log.store.append([end]), log.append("a", "1")]);
    assert.deepEqual([ended.status, late.status], ["fulfilled", "rejected"]);
  }),

  storeCase("a known key answers even after the end, the end's own included", async (bench) => {
    const log = await bench.open();
    const publish = { topic: "a", data: "1", key: "first" };
    const end = { topic: "a", end: true as const, key: "end" };
    await log.store.append([publish, end]);
    assert.deepEqual(await log.store.append([publish, end]), [
      { offset: 1, repeated: true },
      { offset: 2, repeated: true },
    ]);
    await assert.rejects(log.store.append([{ topic: "a", data: "1", key: "other" }]), { code: "topic_ended" });
  }),

  storeCase("pages say which of the topics wanted by name have ended, and where", async (bench) => {
    const log = await bench.open();
    await log.append("a", "1", { end: true });
    await log.append("b", "2");
    await log.store.append([{ topic: "c/1", end: true }]);
    assert.deepEqual([...(await log.read(["a", "b", "c/1", "d"])).ended].sort(), [
      ["a", 1],
      ["c/1", 3],
    ]);
    assert.deepEqual([...(await log.read(["a"], { after: 3 })).ended], [["a", 1]]);
    assert.deepEqual([...(await log.latest(["b", "c/1"])).ended], [["c/1", 3]]);
    assert.equal((await log.read(["c/*"])).ended.size, 0);
  }),

  storeCase("an end without data is a publication like any other", async (bench) => {
    const log = await bench.open();
    await log.store.append([{ topic: "a", end: true }]);
    const { publications } = await log.latest("a");
    assert.deepEqual(publications, [{ offset: 1, topic: "a", time: bench.now, end: true }]);
  }),

  storeCase("an end is there after reopening", async (bench) => {
    const before = await bench.open();
    await before.append("a", "1", { end: true });
    await before.store.close();
    const after = await bench.open();
    await assert.rejects(after.append("a", "2"), { code: "topic_ended" });
    assert.deepEqual([...(await after.read("a")).ended], [["a", 1]]);
  }),

  storeCase("deleting an ended topic lifts its end", async (bench) => {
    const log = await bench.open();
    await log.append("a", "1", { end: true });
    assert.equal(await log.store.deleteTopic("a"), true);
    assert.equal((await log.read("a")).ended.size, 0);
    assert.equal(await log.append("a", "2"), 2);
    assert.deepEqual(await log.dataOf("a"), ["2"]);
    assert.deepEqual(toMarks(log.tail), ["+1", "delete a 1", "+2"]);
  }),

  storeCase("an end outlives its publications where they went for want of space", async (bench) => {
    const log = await bench.open({ retention: { maxTotalBytes: 5_000 } });
    await log.append("a", "x".repeat(1_000), { end: true });
    for (let n = 0; n < 5; n++) await log.append("b", "x".repeat(900));
    await log.store.trim();
    assert.deepEqual(await log.dataOf("a"), []);
    await assert.rejects(log.append("a", "more"), { code: "topic_ended" });
    const page = await log.read("a");
    assert.deepEqual([[...page.ended], page.trimmedTo], [[["a", 1]], 1]);
    const [topic] = await log.store.topics({ limit: 1 });
    assert.deepEqual(topic, { topic: "a", count: 0, bytes: 0, ended: true });
    assert.equal(await log.store.deleteTopic("a"), true);
    assert.equal(await log.store.deleteTopic("a"), false);
  }),

  storeCase("an end is forgotten with its topic's retention", async (bench) => {
    const log = await bench.open({ retention: { maxAge: 1_000 } });
    await log.append("a", "1");
    await log.append("a", "2", { end: true });
    bench.now += 1_000;
    await log.store.trim();
    await assert.rejects(log.append("a", "3"), { code: "topic_ended" });
    bench.now += 1;
    await log.store.trim();
    assert.deepEqual(toMarks(log.tail), ["+1", "+2", "delete a 2"]);
    const page = await log.read("a");
    assert.deepEqual([page.ended.size, page.trimmedTo], [0, 2]);
    assert.equal(await log.append("a", "3"), 3);
  }),

  storeCase("an end whose publications went before is forgotten with the retention, too", async (bench) => {
    const log = await bench.open({ retention: { maxAge: 1_000, maxTotalBytes: 1_000 } });
    await log.append("a", "x".repeat(500), { end: true });
    await log.append("b", "x".repeat(500));
    await log.store.trim();
    await assert.rejects(log.append("a", "x"), { code: "topic_ended" });
    bench.now += 1_001;
    await log.store.trim();
    assert.equal(await log.append("a", "x"), 3);
  }),

  storeCase(
    "of too many ends that hold nothing the oldest are lifted, and counted",
    async (bench) => {
      const log = await bench.open({ retention: { maxTotalBytes: 2_000 } });
      for (let n = 0; n < 10; n++) await log.append(`job/${n}`, "x".repeat(1_000), { end: true });
      await log.store.trim();
      assert.equal(log.store.dropped.ends, 6);
      await assert.rejects(log.append("job/6", "x"), { code: "topic_ended" });
      await log.append("job/5", "x");
      assert.ok((await log.read("job/0")).trimmedTo >= 1);
    },
    { bounds: { ends: 3 } },
  ),
];
