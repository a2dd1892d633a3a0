import assert from "node:assert/strict";
import { toFilter } from "../bench.ts";
import { type StoreCase, storeCase } from "../case.ts";

/** Opening and closing. */
export const lifecycleCases: readonly StoreCase[] = [
  storeCase("closing twice, or without opening, is no harm", async (bench) => {
    const log = await bench.open();
    await log.append("a", "1");
    await Promise.all([log.store.close(), log.store.close()]);
    await log.store.close();
    await bench.place.store().close();
  }),

  storeCase("what was appended before close was called is stored", async (bench) => {
    const before = await bench.open();
    const appends = Array.from({ length: 50 }, (_, n) => before.append("a", String(n)));
    await before.store.close();
    assert.deepEqual(
      await Promise.all(appends),
      Array.from({ length: 50 }, (_, n) => n + 1),
    );
    const after = await bench.open();
    assert.equal((await after.dataOf("a")).length, 50);
  }),

  storeCase("every call to a store that is not open is refused, and says so", async (bench) => {
    const closed = await bench.open();
    await closed.store.close();
    for (const store of [closed.store, bench.place.store()]) {
      const filter = toFilter("a");
      const calls: (() => Promise<unknown>)[] = [
        () => store.append([{ topic: "a", data: "1" }]),
        () => store.read({ after: 0, filter, limit: 1, maxBytes: 1 }),
        () => store.latest({ after: 0, filter, count: 1, maxTopics: 1, maxBytes: 1 }),
        () => store.offsetBefore(0),
        () => store.topics({ limit: 1 }),
        () => store.deleteTopic("a"),
        () => store.trim(),
        () => store.check(),
      ];
      for (const call of calls) await assert.rejects(call(), { code: "store_failed" }, String(call));
    }
  }),

  storeCase("one store may be closed and opened again and again", async (bench) => {
    for (let n = 1; n <= 5; n++) {
      const log = await bench.open();
      assert.equal(log.opened.lineage.length, n);
      assert.equal(await log.append("a", String(n)), n);
      await log.store.check();
      await log.store.close();
    }
  }),

  storeCase("options that make no sense are refused on opening, naming the option", async (bench) => {
    await assert.rejects(bench.open({ retention: { maxCount: 0 } }), { code: "invalid_option" });
    await assert.rejects(bench.open({ retention: { topics: { "a/**/b": {} } } }), { code: "invalid_option" });
    const log = await bench.open({ retention: { maxAge: Infinity, maxCount: Infinity, maxTotalBytes: Infinity } });
    await log.append("a", "1");
    await log.store.trim();
    assert.deepEqual(await log.dataOf("a"), ["1"]);
  }),

  storeCase("a store that can be written says so", async (bench) => {
    const log = await bench.open();
    await log.store.check();
    assert.equal(await log.append("a", "1"), 1);
    assert.deepEqual(log.failures, []);
  }),
];
