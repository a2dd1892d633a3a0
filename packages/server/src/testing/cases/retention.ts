import assert from "node:assert/strict";
import { toMarks } from "../bench.ts";
import { type StoreCase, storeCase } from "../case.ts";

/** What goes, when, and what stays. */
export const retentionCases: readonly StoreCase[] = [
  storeCase("by age: what is older than maxAge goes, topic by topic", async (bench) => {
    const log = await bench.open({ retention: { maxAge: 10_000, topics: { "short/*": { maxAge: 1_000 } } } });
    await log.append("long", "1");
    await log.append("short/a", "2");
    bench.now += 1_500;
    await log.append("short/a", "3");
    await log.store.trim();
    assert.deepEqual(await log.dataOf("**"), ["1", "3"]);
    bench.now += 9_000;
    await log.store.trim();
    assert.deepEqual(await log.dataOf("**"), []);
    assert.deepEqual(await log.store.topics({ limit: 10 }), []);
  }),

  storeCase("by count: the newest maxCount of each topic stay", async (bench) => {
    const log = await bench.open({ retention: { maxCount: 3, topics: { few: { maxCount: 1 } } } });
    for (let n = 1; n <= 5; n++) {
      await log.append("many", `m${n}`);
      await log.append("few", `f${n}`);
    }
    await log.store.trim();
    assert.deepEqual(await log.dataOf("many", "few"), ["m3", "m4", "m5", "f5"]);
  }),

  storeCase("by count: a topic is held near its bound without anyone calling trim", async (bench) => {
    const log = await bench.open({ retention: { maxCount: 100 } });
    for (let n = 0; n < 20; n++) {
      await log.store.append(Array.from({ length: 25 }, () => ({ topic: "a", data: "x" })));
      const [topic] = await log.store.topics({ limit: 1 });
      assert.ok((topic?.count ?? 0) <= 125, `${topic?.count} held`);
    }
    await log.store.trim();
    assert.equal((await log.read("a")).publications.length, 100);
  }),

  storeCase("by bytes: a topic keeps no more than maxBytes of data", async (bench) => {
    const log = await bench.open({ retention: { topics: { a: { maxBytes: 2_500 } } } });
    for (let n = 1; n <= 5; n++) {
      await log.append("a", `${n}`.repeat(1_000));
      await log.append("b", `${n}`.repeat(1_000));
    }
    await log.store.trim();
    assert.equal((await log.read("a")).publications.length, 2);
    assert.equal((await log.read("b")).publications.length, 5);
  }),

  storeCase("by bytes in all: the oldest of the whole log go first, whatever their topic", async (bench) => {
    const log = await bench.open({ retention: { maxTotalBytes: 10_000 } });
    for (let n = 1; n <= 20; n++) await log.append(`t/${n % 3}`, `${n}:`.padEnd(1_000, "x"));
    await log.store.trim();
    const numbers = (await log.dataOf("t/*")).map((data) => Number.parseInt(data ?? "", 10));
    assert.ok(numbers.length >= 7 && numbers.length <= 10, `${numbers.length} held`);
    assert.deepEqual(
      numbers,
      Array.from({ length: numbers.length }, (_, at) => 20 - numbers.length + 1 + at),
    );
  }),

  storeCase("by bytes in all: a flood of empty publications over new topics is bounded too", async (bench) => {
    const log = await bench.open({ retention: { maxTotalBytes: 100_000 } });
    for (let n = 0; n < 10; n++) {
      await log.store.append(Array.from({ length: 200 }, (_, at) => ({ topic: `t/${n}/${at}`, data: "" })));
    }
    await log.store.trim();
    const held = await log.dataOf("**");
    assert.ok(held.length > 0 && held.length < 1_000, `${held.length} held`);
  }),

  storeCase("a publication larger than the bound is delivered, and not held", async (bench) => {
    const log = await bench.open({ retention: { maxTotalBytes: 1_000 } });
    assert.equal(await log.append("a", "x".repeat(2_000)), 1);
    await log.store.trim();
    assert.deepEqual(toMarks(log.tail), ["+1", "trim a 1"]);
    assert.deepEqual(await log.dataOf("a"), []);
    assert.equal((await log.read("a")).trimmedTo, 1);
  }),

  storeCase("the retention of the newest opening holds", async (bench) => {
    const before = await bench.open();
    for (let n = 1; n <= 50; n++) await before.append("a", String(n));
    await before.store.close();
    const after = await bench.open({ retention: { maxCount: 2 } });
    await after.store.trim();
    assert.deepEqual(await after.dataOf("a"), ["49", "50"]);
  }),

  storeCase("what a trim takes is told once, in rising order for each topic", async (bench) => {
    const log = await bench.open({ retention: { maxCount: 10 } });
    for (let n = 1; n <= 200; n++) await log.append("a", String(n));
    await log.store.trim();
    await log.store.trim();
    const through = log.tail.flatMap((entry) => (entry.type === "trim" ? entry.through : []));
    assert.equal(through.at(-1), 190);
    assert.deepEqual(
      through,
      [...new Set(through)].sort((a, b) => a - b),
    );
  }),

  storeCase("readers, publishers and trims at the same time never miss what is held", async (bench) => {
    const log = await bench.open({ retention: { maxCount: 50 } });
    const publishing = (async () => {
      for (let n = 0; n < 40; n++) await log.store.append(Array.from({ length: 10 }, () => ({ topic: "a", data: "" })));
    })();
    const trimming = (async () => {
      for (let n = 0; n < 20; n++) await log.store.trim();
    })();
    for (const names of ["a", "**"]) {
      for (let after = 0; after < 400; ) {
        const page = await log.read(names, { after, limit: 17 });
        const offsets = page.publications.map((publication) => publication.offset);
        const from = Math.max(after, page.trimmedTo);
        // What lies between is either in the page or below the watermark: nothing is lost without a word.
        const expected = Array.from({ length: page.scannedTo - from }, (_, at) => from + at + 1);
        assert.deepEqual(
          offsets.filter((offset) => offset > from),
          expected,
        );
        after = page.scannedTo;
        if (after < 400 && page.publications.length === 0) await log.store.check();
      }
    }
    await Promise.all([publishing, trimming]);
  }),
];
