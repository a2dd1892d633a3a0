import assert from "node:assert/strict";
import { type StoreCase, storeCase } from "../case.ts";

const HOUR = 60 * 60 * 1000;

/** Idempotency keys. */
export const keyCases: readonly StoreCase[] = [
  storeCase("a key used again stores nothing and gives the first offset", async (bench) => {
    const log = await bench.open();
    const publish = { topic: "a", event: "e", data: "1", key: "k" };
    assert.deepEqual(await log.store.append([publish]), [{ offset: 1, repeated: false }]);
    assert.deepEqual(await log.store.append([publish]), [{ offset: 1, repeated: true }]);
    assert.deepEqual(await log.dataOf("a"), ["1"]);
    assert.equal(log.tail.length, 1);
    assert.equal(await log.append("a", "2"), 2);
  }),

  storeCase("a key used again in the same turn is known", async (bench) => {
    const log = await bench.open();
    const publish = { topic: "a", data: "1", key: "k" };
    const answers = await Promise.all([log.store.append([publish]), log.store.append([publish])]);
    assert.deepEqual(answers.flat(), [
      { offset: 1, repeated: false },
      { offset: 1, repeated: true },
    ]);
  }),

  storeCase("the same key with other content is refused: data, event or end", async (bench) => {
    const log = await bench.open();
    await log.store.append([{ topic: "a", data: "1", key: "k" }]);
    const others = [
      { data: "2" },
      { data: "1", event: "e" },
      { data: "1", end: true as const },
      { event: "1" },
      { end: true as const },
    ];
    for (const other of others) {
      const refused = log.store.append([
        { topic: "a", data: "fine" },
        { topic: "a", key: "k", ...other },
      ]);
      await assert.rejects(refused, { code: "idempotency_conflict", index: 1 }, JSON.stringify(other));
    }
    assert.deepEqual(await log.dataOf("a"), ["1"]);
  }),

  storeCase("keys are per topic", async (bench) => {
    const log = await bench.open();
    const [first, second] = await log.store.append([
      { topic: "a", data: "1", key: "k" },
      { topic: "b", data: "2", key: "k" },
    ]);
    assert.deepEqual([first?.repeated, second?.repeated], [false, false]);
  }),

  storeCase("within a batch, keys behave as one after the other", async (bench) => {
    const log = await bench.open();
    const repeat = { topic: "a", data: "1", key: "k" };
    assert.deepEqual(await log.store.append([repeat, { topic: "a", data: "2" }, repeat]), [
      { offset: 1, repeated: false },
      { offset: 2, repeated: false },
      { offset: 1, repeated: true },
    ]);
    const conflict = log.store.append([
      { topic: "b", data: "1", key: "new" },
      { topic: "b", data: "2", key: "new" },
    ]);
    await assert.rejects(conflict, { code: "idempotency_conflict", index: 1 });
    assert.deepEqual(await log.store.append([{ topic: "b", data: "2", key: "new" }]), [{ offset: 3, repeated: false }]);
  }),

  storeCase("a batch may be repeated whole", async (bench) => {
    const log = await bench.open();
    const batch = [1, 2, 3].map((n) => ({ topic: "a", data: String(n), key: `k${n}` }));
    await log.store.append(batch);
    const again = await log.store.append(batch);
    assert.deepEqual(
      again.map((each) => each.offset),
      [1, 2, 3],
    );
    assert.ok(again.every((each) => each.repeated));
    assert.deepEqual(await log.dataOf("a"), ["1", "2", "3"]);
  }),

  storeCase("a key is remembered for 24 hours, and then forgotten", async (bench) => {
    const log = await bench.open();
    const publish = { topic: "a", data: "1", key: "k" };
    await log.store.append([publish]);
    bench.now += 24 * HOUR - 1;
    await log.store.trim();
    assert.deepEqual(await log.store.append([publish]), [{ offset: 1, repeated: true }]);
    bench.now += 1;
    assert.deepEqual(await log.store.append([{ ...publish, data: "other" }]), [{ offset: 2, repeated: false }]);
    bench.now += 23 * HOUR;
    await log.store.trim();
    assert.deepEqual(await log.store.append([{ ...publish, data: "other" }]), [{ offset: 2, repeated: true }]);
  }),

  storeCase("a key is known after reopening, and after its publication was trimmed", async (bench) => {
    const before = await bench.open({ retention: { maxAge: HOUR } });
    const publish = { topic: "a", data: "1", key: "k" };
    await before.store.append([publish]);
    bench.now += 2 * HOUR;
    await before.store.trim();
    assert.deepEqual(await before.dataOf("a"), []);
    await before.store.close();
    const after = await bench.open();
    assert.deepEqual(await after.store.append([publish]), [{ offset: 1, repeated: true }]);
  }),

  storeCase("deleting a topic forgets its keys, and no others", async (bench) => {
    const log = await bench.open();
    const publish = [
      { topic: "a", data: "1", key: "k" },
      { topic: "b", data: "1", key: "k" },
    ];
    await log.store.append(publish);
    await log.store.deleteTopic("a");
    assert.deepEqual(await log.store.append(publish), [
      { offset: 3, repeated: false },
      { offset: 2, repeated: true },
    ]);
    assert.deepEqual(await log.store.append(publish), [
      { offset: 3, repeated: true },
      { offset: 2, repeated: true },
    ]);
  }),

  storeCase(
    "of too many keys the oldest are dropped first, and counted",
    async (bench) => {
      const log = await bench.open();
      for (let n = 0; n < 25; n++) await log.store.append([{ topic: `t${n % 2}`, data: String(n), key: `k${n}` }]);
      await log.store.trim();
      assert.equal(log.store.dropped.keys, 15);
      assert.deepEqual(await log.store.append([{ topic: "t0", data: "24", key: "k24" }]), [
        { offset: 25, repeated: true },
      ]);
      assert.deepEqual(await log.store.append([{ topic: "t1", data: "15", key: "k15" }]), [
        { offset: 16, repeated: true },
      ]);
      assert.deepEqual(await log.store.append([{ topic: "t0", data: "14", key: "k14" }]), [
        { offset: 26, repeated: false },
      ]);
    },
    { bounds: { keys: 10 } },
  ),

  storeCase("a key may hold anything that is text", async (bench) => {
    const log = await bench.open();
    const keys = ["", " ", "k\0a", "k\0b", "ключ", "😀", "a'; --", "k".repeat(1_000)];
    for (const key of keys) await log.append("a", key, { key });
    for (const [at, key] of keys.entries()) assert.equal(await log.append("a", key, { key }), at + 1);
  }),
];
