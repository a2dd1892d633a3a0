import assert from "node:assert/strict";
import { type StoreCase, storeCase } from "../case.ts";

/** What data survives a store: all of it. */
export const dataCases: readonly StoreCase[] = [
  storeCase("data comes back as it was, whatever is in it", async (bench) => {
    const before = await bench.open();
    const texts = [
      "",
      " ",
      "\0",
      "a\0b",
      "a\r\nb\rc\n",
      "\ufeffbom",
      "é ключ 漢字 😀",
      "\u2028\u2029",
      "'; DROP TABLE x; --",
    ];
    for (const data of texts) await before.append("a", data);
    assert.deepEqual(await before.dataOf("a"), texts);
    assert.deepEqual(await before.dataOf("**"), texts);
    await before.store.close();
    const after = await bench.open();
    assert.deepEqual(await after.dataOf("a"), texts);
  }),

  storeCase("half a surrogate pair is stored as U+FFFD, and delivered like that, too", async (bench) => {
    const log = await bench.open();
    await log.append("a", "x\ud800y", { event: "e\udc00" });
    const { publications } = await log.read("a");
    assert.deepEqual(publications, [{ offset: 1, topic: "a", event: "e\ufffd", data: "x\ufffdy", time: bench.now }]);
    assert.deepEqual(log.tail, [{ ...log.tail[0], publication: publications[0] }]);
  }),

  storeCase("a mebibyte is read as it was", async (bench) => {
    const log = await bench.open();
    const big = "0123456789abcdé\n".repeat(64 * 1024);
    await log.append("a", big);
    await log.append("a", "small");
    assert.deepEqual(await log.dataOf("a"), [big, "small"]);
    const [topic] = await log.store.topics({ limit: 1 });
    assert.equal(topic?.bytes, new TextEncoder().encode(big).byteLength + 5);
  }),

  storeCase("an event that is absent stays absent, and an empty data stays there", async (bench) => {
    const log = await bench.open();
    await log.store.append([
      { topic: "a", data: "" },
      { topic: "a", event: "message", data: "" },
    ]);
    const { publications } = await log.read("a");
    assert.deepEqual(
      publications.map((publication) => ["event" in publication, publication.event, publication.data]),
      [
        [false, undefined, ""],
        [true, "message", ""],
      ],
    );
  }),

  storeCase("topics and events of any script and the greatest length are kept apart", async (bench) => {
    const log = await bench.open();
    const names = ["a", "A", "é", "e\u0301", "漢/字", "😀", "x".repeat(256), `${"x".repeat(255)}y`, "a b", "a'b", "%_"];
    for (const topic of names) await log.append(topic, topic, { event: topic });
    for (const topic of names) {
      const [publication, ...others] = (await log.read(topic)).publications;
      assert.deepEqual([publication?.topic, publication?.event, others.length], [topic, topic, 0]);
    }
  }),
];
