import assert from "node:assert/strict";
import { type OpenLog, toData, toOffsets } from "../bench.ts";
import { type StoreCase, storeCase } from "../case.ts";

/** What a read gives, and how far it says it has looked. */
export const filterCases: readonly StoreCase[] = [
  storeCase("a filter of topics, patterns or both gives what matches, once each, in order", async (bench) => {
    const log = await bench.open();
    for (const topic of ["a", "a/b", "a/b/c", "b", "b/c", "a/b", "ab"]) await log.append(topic, topic);
    const wanted: [string[], number[]][] = [
      [["a"], [1]],
      [
        ["a", "b"],
        [1, 4],
      ],
      [["a/*"], [2, 6]],
      [["a/**"], [2, 3, 6]],
      [["*"], [1, 4, 7]],
      [["**"], [1, 2, 3, 4, 5, 6, 7]],
      [["*/b/*"], [3]],
      [["*/*"], [2, 5, 6]],
      [
        ["a/b", "a/*", "a/**"],
        [2, 3, 6],
      ],
      [
        ["b", "a/**"],
        [2, 3, 4, 6],
      ],
      [["nothing", "none/*"], []],
      [
        ["a/b", "a/b/c", "b/c"],
        [2, 3, 5, 6],
      ],
    ];
    for (const [names, offsets] of wanted) {
      assert.deepEqual(toOffsets(await log.read(names)), offsets, names.join(" "));
    }
  }),

  storeCase("a filter of no topics and no patterns gives nothing, and moves on", async (bench) => {
    const log = await bench.open();
    await log.append("a", "1");
    const page = await log.read([]);
    assert.deepEqual(toData(page), []);
    assert.equal(page.scannedTo, 1);
  }),

  storeCase("no pattern gives the hub's own topics, and their name does", async (bench) => {
    const log = await bench.open();
    await log.append("tidings:status", "own");
    await log.append("tidings:x/y", "own too");
    assert.deepEqual(await log.dataOf("**", "*", "*/*", "tidings:x/*"), []);
    assert.deepEqual(await log.dataOf("tidings:status"), ["own"]);
    assert.deepEqual(toData(await log.latest(["**", "tidings:x/*"])), []);
  }),

  storeCase("reading goes on after an offset, in pages, to the same end for topics and patterns", async (bench) => {
    const log = await bench.open();
    await log.store.append(Array.from({ length: 50 }, (_, n) => ({ topic: `t/${n % 5}`, data: String(n) })));
    const wanted = Array.from({ length: 50 }, (_, n) => n + 1).filter((offset) => [0, 3].includes((offset - 1) % 5));
    for (const names of [
      ["t/0", "t/3"],
      ["t/0", "t/3", "nothing/*"],
    ]) {
      for (const limit of [1, 3, 7, 20, 21]) {
        assert.deepEqual(await readInPages(log, names, { limit }), wanted, `${names} by ${limit}`);
      }
    }
  }),

  storeCase("a page has at most its limit, and everything that matches up to where it was scanned", async (bench) => {
    const log = await bench.open();
    await log.store.append(["a", "b", "a", "b", "a"].map((topic, n) => ({ topic, data: String(n) })));
    for (const names of ["a", ["a", "x/*"]]) {
      const page = await log.read(names, { limit: 2 });
      assert.deepEqual(toOffsets(page), [1, 3]);
      assert.ok(page.scannedTo >= 3 && page.scannedTo < 5, `scanned to ${page.scannedTo}`);
      const rest = await log.read(names, { after: page.scannedTo });
      assert.deepEqual(toOffsets(rest), [5]);
      assert.equal(rest.scannedTo, 5);
    }
  }),

  storeCase("a page has about maxBytes, but always at least one publication", async (bench) => {
    const log = await bench.open();
    await log.store.append(Array.from({ length: 10 }, () => ({ topic: "a", data: "x".repeat(1_000) })));
    for (const names of ["a", ["a", "x/*"]]) {
      assert.equal((await log.read(names, { maxBytes: 1 })).publications.length, 1);
      const { publications } = await log.read(names, { maxBytes: 3_500 });
      assert.ok(publications.length >= 3 && publications.length <= 4, `${publications.length} publications`);
      assert.deepEqual(
        await readInPages(log, typeof names === "string" ? [names] : names, { maxBytes: 2_000 }),
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      );
    }
  }),

  storeCase("a reader of a quiet topic in a busy log moves on", async (bench) => {
    const log = await bench.open();
    await log.append("quiet", "1");
    await log.store.append(Array.from({ length: 500 }, (_, n) => ({ topic: `busy/${n % 3}`, data: String(n) })));
    for (const names of [["quiet"], ["quiet/*"], ["quiet", "quiet/**"]]) {
      const page = await log.read(names, { after: 1 });
      assert.deepEqual(toData(page), []);
      assert.equal(page.scannedTo, 501);
    }
  }),

  storeCase("a pattern that matches little in a long log is answered in bounded steps that move on", async (bench) => {
    const log = await bench.open({ retention: { maxCount: 100_000 } });
    const batch = Array.from({ length: 10_000 }, (_, n) => ({ topic: `busy/${n % 3}`, data: "" }));
    for (let n = 0; n < 3; n++) await log.store.append(batch);
    await log.append("quiet/1", "found");
    const found: (string | undefined)[] = [];
    for (let after = 0; after < 30_001; ) {
      const page = await log.read("quiet/*", { after });
      assert.ok(page.scannedTo > after, `no progress after ${after}`);
      found.push(...toData(page));
      after = page.scannedTo;
    }
    assert.deepEqual(found, ["found"]);
  }),

  storeCase("reading at the head gives nothing and stays there", async (bench) => {
    const log = await bench.open();
    await log.append("a", "1");
    for (const names of ["a", "**"]) {
      const page = await log.read(names, { after: 1 });
      assert.deepEqual([toData(page), page.scannedTo, page.trimmedTo], [[], 1, 0]);
    }
  }),

  storeCase("a reader moves on where everything after it was trimmed or deleted", async (bench) => {
    const log = await bench.open();
    for (const data of ["1", "2", "3"]) await log.append("a", data);
    await log.store.deleteTopic("a");
    for (const names of ["a", "**"]) assert.equal((await log.read(names, { after: 1 })).scannedTo, 3);
  }),
];

async function readInPages(
  log: OpenLog,
  names: readonly string[],
  bounds: { limit?: number; maxBytes?: number },
): Promise<number[]> {
  const offsets: number[] = [];
  for (let after = 0; ; ) {
    const page = await log.read(names, { after, ...bounds });
    if (bounds.limit !== undefined) assert.ok(page.publications.length <= bounds.limit);
    offsets.push(...toOffsets(page));
    if (page.scannedTo <= after) return offsets;
    after = page.scannedTo;
  }
}
