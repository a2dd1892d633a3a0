import assert from "node:assert/strict";
import { type StoreCase, storeCase } from "../case.ts";

/** The list of topics. */
export const listingCases: readonly StoreCase[] = [
  storeCase("a topic is listed with what is held of it", async (bench) => {
    const log = await bench.open();
    const start = bench.now;
    await log.append("b", "é".repeat(10));
    await log.append("a", "x");
    bench.now += 7;
    await log.append("b", "12345");
    await log.store.append([{ topic: "c", end: true }]);
    assert.deepEqual(await log.store.topics({ limit: 10 }), [
      { topic: "a", count: 1, bytes: 1, first: 2, last: 2, lastTime: start, ended: false },
      { topic: "b", count: 2, bytes: 25, first: 1, last: 3, lastTime: start + 7, ended: false },
      { topic: "c", count: 1, bytes: 0, first: 4, last: 4, lastTime: start + 7, ended: true },
    ]);
  }),

  storeCase("counts follow trims, and a topic that holds nothing is not listed", async (bench) => {
    const log = await bench.open({ retention: { topics: { a: { maxCount: 2 }, b: { maxAge: 1_000 } } } });
    for (const data of ["1", "22", "333"]) await log.append("a", data);
    await log.append("b", "x");
    await log.append("c", "x");
    bench.now += 2_000;
    await log.store.trim();
    await log.store.deleteTopic("c");
    const [a, ...others] = await log.store.topics({ limit: 10 });
    assert.deepEqual([a?.topic, a?.count, a?.bytes, a?.first, a?.last], ["a", 2, 5, 2, 3]);
    assert.deepEqual(others, []);
  }),

  storeCase("the list comes in pages, in the order of the bytes of the names", async (bench) => {
    const log = await bench.open();
    const names = ["B", "a", "a/b", "a0", "b", "é", "\ufffd", "😀"];
    for (const topic of [...names].reverse()) await log.append(topic, "x");
    const pages: string[][] = [];
    for (let after: string | undefined; ; ) {
      const page = await log.store.topics({ limit: 3, ...(after !== undefined && { after }) });
      if (page.length === 0) break;
      pages.push(page.map((summary) => summary.topic));
      after = page.at(-1)?.topic;
    }
    assert.deepEqual(pages, [names.slice(0, 3), names.slice(3, 6), names.slice(6)]);
    await log.store.deleteTopic("a/b");
    await log.append("aa", "new");
    const second = await log.store.topics({ limit: 3, after: "a" });
    assert.deepEqual(
      second.map((summary) => summary.topic),
      ["a0", "aa", "b"],
    );
    assert.deepEqual((await log.store.topics({ limit: 1, after: "a00" }))[0]?.topic, "aa");
  }),

  storeCase("the list is the same after reopening", async (bench) => {
    const before = await bench.open();
    for (const topic of ["b", "a", "b"]) await before.append(topic, topic);
    await before.append("a", "end", { end: true });
    const listed = await before.store.topics({ limit: 10 });
    await before.store.close();
    const after = await bench.open();
    assert.deepEqual(await after.store.topics({ limit: 10 }), listed);
  }),
];
