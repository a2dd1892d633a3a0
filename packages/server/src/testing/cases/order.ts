import assert from "node:assert/strict";
import type { Append } from "../../ports/store.ts";
import { toData, toMarks, toOffsets } from "../bench.ts";
import { type StoreCase, storeCase } from "../case.ts";

/** Order, atomicity, and the tail before the answer. */
export const orderCases: readonly StoreCase[] = [
  storeCase("offsets follow the order of the calls, and within a call the order of the batch", async (bench) => {
    const log = await bench.open();
    const calls = [[one("a")], [one("b"), one("a"), one("c")], [one("b")]];
    const answers = await Promise.all(calls.map((batch) => log.store.append(batch)));
    assert.deepEqual(
      answers.map((answer) => answer.map((each) => each.offset)),
      [[1], [2, 3, 4], [5]],
    );
    assert.deepEqual(toOffsets(await log.read(["a", "b", "c"])), [1, 2, 3, 4, 5]);
  }),

  storeCase("a hundred publishers at once get a hundred offsets, in the order of their calls", async (bench) => {
    const log = await bench.open();
    const offsets = await Promise.all(Array.from({ length: 100 }, (_, n) => log.append(`t/${n % 7}`, String(n))));
    assert.deepEqual(
      offsets,
      Array.from({ length: 100 }, (_, n) => n + 1),
    );
    assert.deepEqual(
      await log.dataOf("t/*"),
      Array.from({ length: 100 }, (_, n) => String(n)),
    );
  }),

  storeCase("a publication is read as it was appended", async (bench) => {
    const log = await bench.open();
    await log.store.append([{ topic: "a", event: "price", data: "1" }]);
    bench.now += 5;
    await log.store.append([
      { topic: "a", data: "2" },
      { topic: "a", end: true },
    ]);
    const { publications } = await log.read("a");
    assert.deepEqual(publications, [
      { offset: 1, topic: "a", event: "price", data: "1", time: bench.now - 5 },
      { offset: 2, topic: "a", data: "2", time: bench.now },
      { offset: 3, topic: "a", time: bench.now, end: true },
    ]);
    assert.deepEqual(
      log.tail.map((entry) => entry.type === "publication" && entry.publication),
      publications,
    );
  }),

  storeCase("the tail has a publication before its append settles", async (bench) => {
    const log = await bench.open();
    const seen: number[] = [];
    await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const offset = await log.append("a", String(n));
        seen.push(offset);
        assert.ok(toMarks(log.tail).includes(`+${offset}`), `the tail did not have ${offset} yet`);
      }),
    );
    assert.equal(seen.length, 20);
  }),

  storeCase("the tail has every publication once, in order, with deletes and trims at their place", async (bench) => {
    const log = await bench.open({ retention: { maxAge: 1_000 } });
    await log.append("a", "1");
    await log.append("b", "2");
    await log.store.deleteTopic("a");
    await log.append("a", "3");
    await log.append("b", "4", { end: true });
    bench.now += 1_001;
    await log.append("c", "5");
    await log.store.trim();
    await log.append("a", "6");
    const marks = toMarks(log.tail);
    assert.deepEqual(marks.slice(0, 6), ["+1", "+2", "delete a 1", "+3", "+4", "+5"]);
    assert.deepEqual(marks.slice(6, -1).sort(), ["delete b 4", "trim a 3"]);
    assert.equal(marks.at(-1), "+6");
  }),

  storeCase("a batch stands together in the tail, with nothing between", async (bench) => {
    const log = await bench.open();
    await Promise.all([
      log.store.append(["1", "2", "3"].map((data) => ({ topic: "a", data }))),
      log.append("b", "other"),
      log.store.append(["4", "5"].map((data) => ({ topic: "a", data }))),
    ]);
    assert.deepEqual(toData(await log.read(["a", "b"])), ["1", "2", "3", "other", "4", "5"]);
    assert.deepEqual(toMarks(log.tail), ["+1", "+2", "+3", "+4", "+5", "+6"]);
  }),

  storeCase("a refused batch stores nothing, shows nothing, and takes no number", async (bench) => {
    const log = await bench.open();
    await log.append("done", "last", { end: true });
    const refused = log.store.append([
      { topic: "a", data: "x", key: "k" },
      { topic: "b", data: "y", end: true },
      { topic: "done", data: "too late" },
    ]);
    await assert.rejects(refused, { code: "topic_ended", index: 2 });
    assert.deepEqual(await log.dataOf("**"), ["last"]);
    assert.deepEqual(toMarks(log.tail), ["+1"]);
    assert.deepEqual(await log.store.append([{ topic: "a", data: "other content", key: "k" }]), [
      { offset: 2, repeated: false },
    ]);
    assert.equal(await log.append("b", "not ended"), 3);
  }),

  storeCase("a refused call does not hurt those made in the same turn", async (bench) => {
    const log = await bench.open();
    await log.append("done", "last", { end: true });
    const [before, refused, after] = await Promise.allSettled([
      log.append("a", "before"),
      log.store.append([one("a"), one("done")]),
      log.append("a", "after"),
    ]);
    assert.deepEqual(before, { status: "fulfilled", value: 2 });
    assert.equal(refused.status, "rejected");
    assert.deepEqual(after, { status: "fulfilled", value: 3 });
    assert.deepEqual(await log.dataOf("a"), ["before", "after"]);
  }),

  storeCase("an empty batch is no harm", async (bench) => {
    const log = await bench.open();
    assert.deepEqual(await log.store.append([]), []);
    assert.equal(await log.append("a", "1"), 1);
  }),
];

function one(topic: string): Append {
  return { topic, data: topic };
}
