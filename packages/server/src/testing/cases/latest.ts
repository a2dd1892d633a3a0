import assert from "node:assert/strict";
import { toData, toOffsets } from "../bench.ts";
import { type StoreCase, storeCase } from "../case.ts";

/** The newest of each topic, and the way from a time to a place. */
export const latestCases: readonly StoreCase[] = [
  storeCase("the newest of each topic named, in one order", async (bench) => {
    const log = await bench.open();
    for (const [at, topic] of ["a", "b", "a", "b", "a", "c"].entries()) await log.append(topic, `${topic}${at}`);
    assert.deepEqual(toData(await log.latest(["a", "b"])), ["b3", "a4"]);
    assert.deepEqual(toData(await log.latest(["b", "a"], { count: 2 })), ["b1", "a2", "b3", "a4"]);
    assert.deepEqual(toData(await log.latest(["a"], { count: 10 })), ["a0", "a2", "a4"]);
    const page = await log.latest(["a", "nothing"]);
    assert.deepEqual([toData(page), page.scannedTo, page.trimmedTo], [["a4"], 6, 0]);
  }),

  storeCase("bytes are bounded, the newest have theirs first, and one there always is", async (bench) => {
    const log = await bench.open();
    for (const topic of ["a", "b", "a", "b"]) await log.append(topic, topic.repeat(10));
    assert.deepEqual(toOffsets(await log.latest(["a", "b"], { count: 2, maxBytes: 40 })), [1, 2, 3, 4]);
    assert.deepEqual(toOffsets(await log.latest(["a", "b"], { count: 2, maxBytes: 39 })), [2, 3, 4]);
    assert.deepEqual(toOffsets(await log.latest(["a", "*"], { count: 2, maxBytes: 20 })), [3, 4]);
    assert.deepEqual(toOffsets(await log.latest(["a", "b"], { count: 2, maxBytes: 1 })), [4]);
  }),

  storeCase("only what comes after an offset", async (bench) => {
    const log = await bench.open();
    for (const topic of ["a", "b", "a", "b"]) await log.append(topic, topic);
    assert.deepEqual(toOffsets(await log.latest(["a", "b"], { after: 3 })), [4]);
    assert.deepEqual(toOffsets(await log.latest(["*"], { after: 2, count: 5 })), [3, 4]);
    assert.deepEqual(toOffsets(await log.latest(["a", "*"], { after: 4 })), []);
  }),

  storeCase("only what comes before an offset, and it is said how far that is", async (bench) => {
    const log = await bench.open();
    for (const topic of ["a", "b", "a", "b", "a"]) await log.append(topic, topic);
    assert.deepEqual(toOffsets(await log.latest(["a"], { before: 5, count: 1 })), [3]);
    assert.deepEqual(toOffsets(await log.latest(["a"], { before: 4, count: 9 })), [1, 3]);
    assert.deepEqual(toOffsets(await log.latest(["a", "b"], { before: 4 })), [2, 3]);
    assert.deepEqual(toOffsets(await log.latest(["*"], { after: 1, before: 4, count: 9 })), [2, 3]);
    assert.deepEqual(toOffsets(await log.latest(["a"], { before: 1 })), []);
    assert.equal((await log.latest(["a"], { before: 4 })).scannedTo, 3);
    assert.equal((await log.latest(["a"], { before: 99 })).scannedTo, 5);
  }),

  storeCase("of the topics that match by pattern, those published to last", async (bench) => {
    const log = await bench.open();
    for (const n of [1, 2, 3, 4, 5, 2]) await log.append(`t/${n}`, `t${n}`);
    await log.append("other", "o");
    assert.deepEqual(toData(await log.latest("t/*", { maxTopics: 3 })), ["t4", "t5", "t2"]);
    assert.deepEqual(toData(await log.latest("t/*", { maxTopics: 1, count: 2 })), ["t2", "t2"]);
    assert.deepEqual(toData(await log.latest(["t/1", "t/*"], { maxTopics: 1 })), ["t1", "t2"]);
    assert.deepEqual(toData(await log.latest(["t/2", "t/*"], { maxTopics: 10 })), ["t1", "t3", "t4", "t5", "t2"]);
  }),

  storeCase("topics by pattern are found among very many", async (bench) => {
    const log = await bench.open();
    await log.append("rare/1", "found");
    await log.store.append(Array.from({ length: 3_000 }, (_, n) => ({ topic: `t/${n}`, data: "" })));
    assert.deepEqual(toData(await log.latest("rare/*")), ["found"]);
    assert.equal((await log.latest("t/*", { maxTopics: 100 })).publications.length, 100);
  }),

  storeCase("what was deleted or trimmed is not the newest", async (bench) => {
    const log = await bench.open({ retention: { topics: { b: { maxAge: 1_000 } } } });
    for (const topic of ["a", "b", "c"]) await log.append(topic, topic);
    bench.now += 2_000;
    await log.store.trim();
    await log.store.deleteTopic("a");
    assert.deepEqual(toData(await log.latest(["a", "b", "*"])), ["c"]);
  }),

  storeCase("the offset before a time is that of the last publication accepted before it", async (bench) => {
    const log = await bench.open();
    const start = bench.now;
    for (let n = 1; n <= 600; n++) {
      await log.append("a", String(n));
      if (n % 2 === 0) bench.now += 10;
    }
    assert.equal(await log.store.offsetBefore(start), 0);
    assert.equal(await log.store.offsetBefore(start + 1), 2);
    assert.equal(await log.store.offsetBefore(start + 10), 2);
    assert.equal(await log.store.offsetBefore(start + 11), 4);
    assert.equal(await log.store.offsetBefore(start + 2_505), 502);
    assert.equal(await log.store.offsetBefore(bench.now + 1), 600);
    assert.equal(await log.store.offsetBefore(0), 0);
  }),

  storeCase("the offset before a time is 0 if all that is held is younger", async (bench) => {
    const log = await bench.open();
    assert.equal(await log.store.offsetBefore(bench.now), 0);
    await log.append("old", "1");
    bench.now += 1_000;
    await log.append("new", "2");
    assert.equal(await log.store.offsetBefore(bench.now), 1);
    await log.store.deleteTopic("old");
    assert.equal(await log.store.offsetBefore(bench.now), 0);
  }),
];
