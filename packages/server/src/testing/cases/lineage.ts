import assert from "node:assert/strict";
import { resolvePosition, toId } from "../../positions.ts";
import { type StoreCase, storeCase } from "../case.ts";

/** Epochs: what a reader's position is still good for after the log was opened anew. */
export const lineageCases: readonly StoreCase[] = [
  storeCase("a new log has one epoch, which begins at 1", async (bench) => {
    const log = await bench.open({ createEpoch: () => "first" });
    assert.deepEqual(log.opened.lineage, [{ name: "first", first: 1 }]);
    assert.equal(log.opened.head, 0);
  }),

  storeCase("each opening begins an epoch after the head, and keeps those before", async (bench) => {
    const names = ["one", "two", "three"];
    const createEpoch = (): string => names.shift() as string;
    const first = await bench.open({ createEpoch });
    await first.append("a", "1");
    await first.append("a", "2");
    await first.store.close();
    const second = await bench.open({ createEpoch });
    assert.equal(await second.append("a", "3"), 3);
    await second.store.close();
    const third = await bench.open({ createEpoch });
    assert.equal(third.opened.head, 3);
    assert.deepEqual(third.opened.lineage, [
      { name: "one", first: 1 },
      { name: "two", first: 3 },
      { name: "three", first: 4 },
    ]);
    assert.deepEqual(await third.dataOf("a"), ["1", "2", "3"]);
  }),

  storeCase("a position of an earlier epoch is good after reopening", async (bench) => {
    const before = await bench.open();
    await before.append("a", "1");
    const id = toId(before.opened.lineage, 1);
    await before.append("a", "2");
    await before.store.close();
    const { opened } = await bench.open();
    assert.deepEqual(resolvePosition(id, opened.lineage, opened.head), { known: true, after: 1 });
  }),

  storeCase("a wiped log knows no position of the one before", async (bench) => {
    const before = await bench.open();
    await before.append("a", "old");
    const id = toId(before.opened.lineage, 1);
    await before.store.close();
    await bench.place.wipe();
    const after = await bench.open();
    assert.equal(after.opened.head, 0);
    await after.append("a", "new");
    assert.notEqual(toId(after.opened.lineage, 1), id);
    assert.deepEqual(resolvePosition(id, after.opened.lineage, 1), { known: false, reason: "reset", after: 0 });
  }),

  storeCase(
    "a log put back from an older copy goes on from the fork, and gives no old id anew",
    async (bench) => {
      const first = await bench.open();
      await first.append("a", "1");
      await first.append("a", "2");
      await first.store.close();
      const putBack = await bench.place.copy?.();
      const lost = await bench.open();
      await lost.append("a", "lost 3");
      await lost.append("a", "lost 4");
      const ids = [2, 3, 4].map((offset) => toId(lost.opened.lineage, offset));
      await lost.store.close();
      await putBack?.();
      const restored = await bench.open();
      assert.equal(restored.opened.head, 2);
      const fresh = [await restored.append("a", "new 3"), await restored.append("a", "new 4")];
      assert.deepEqual(fresh, [3, 4]);
      for (const offset of fresh) assert.ok(!ids.includes(toId(restored.opened.lineage, offset)));
      const resolved = ids.map((id) => resolvePosition(id, restored.opened.lineage, 4));
      assert.deepEqual(resolved[0], { known: true, after: 2 });
      for (const each of resolved.slice(1)) assert.deepEqual(each, { known: false, reason: "reset", after: 2 });
    },
    { needs: "copies" },
  ),

  storeCase(
    "a copy taken within an epoch tells where that epoch ended",
    async (bench) => {
      const first = await bench.open();
      await first.append("a", "1");
      await first.store.close();
      const putBack = await bench.place.copy?.();
      const second = await bench.open();
      await second.append("a", "2");
      await second.store.close();
      await putBack?.();
      const third = await bench.open();
      await third.append("a", "other 2");
      await third.append("a", "other 3");
      const id = toId(second.opened.lineage, 2);
      const resolved = resolvePosition(id, third.opened.lineage, 3);
      assert.deepEqual(resolved, { known: false, reason: "reset", after: 1 });
    },
    { needs: "copies" },
  ),

  storeCase("no number is used again when the newest publications were deleted", async (bench) => {
    const before = await bench.open();
    for (const topic of ["keep", "gone", "gone"]) await before.append(topic, topic);
    await before.store.deleteTopic("gone");
    await before.store.close();
    const after = await bench.open();
    assert.equal(after.opened.head, 3);
    assert.equal(await after.append("gone", "new"), 4);
    assert.deepEqual((await after.read("gone", { after: 3 })).publications.length, 1);
  }),

  storeCase("no number is used again when retention took everything", async (bench) => {
    const before = await bench.open({ retention: { maxAge: 1_000 } });
    await before.append("a", "1");
    bench.now += 2_000;
    await before.store.trim();
    assert.deepEqual(await before.dataOf("a"), []);
    await before.store.close();
    const after = await bench.open();
    assert.equal(await after.append("a", "2"), 2);
  }),

  storeCase("a second opener waits until the first has closed, and finds what it left", async (bench) => {
    const first = await bench.open();
    let waited = false;
    const opening = bench.open().then((log) => {
      assert.ok(waited, "the second opener did not wait");
      return log;
    });
    for (let n = 0; n < 5; n++) await first.append("a", String(n));
    waited = true;
    await first.store.close();
    const second = await opening;
    assert.equal(second.opened.head, 5);
    assert.equal(await second.append("a", "5"), 6);
  }),

  storeCase("a second opener can give up waiting, and leaves the first alone", async (bench) => {
    const first = await bench.open();
    const giveUp = new AbortController();
    const opening = bench.open({ signal: giveUp.signal });
    await first.append("a", "1");
    giveUp.abort();
    await assert.rejects(opening, { code: "store_failed" });
    assert.equal(await first.append("a", "2"), 2);
  }),

  storeCase(
    "an opener that is killed lets go of the log",
    async (bench) => {
      const other = await bench.place.holdElsewhere?.();
      let opened = false;
      const opening = bench.open().then((log) => {
        opened = true;
        return log;
      });
      const giveUp = new AbortController();
      const impatient = bench.open({ signal: giveUp.signal });
      giveUp.abort();
      await assert.rejects(impatient, { code: "store_failed" });
      assert.equal(opened, false);
      await other?.kill();
      const log = await opening;
      assert.equal(log.opened.lineage.length, 2);
      await log.append("a", "1");
    },
    { needs: "processes" },
  ),

  storeCase(
    "of too many epochs those without a publication go first, then the oldest",
    async (bench) => {
      for (const name of ["one", "idle1", "two", "idle2", "three"]) {
        const log = await bench.open({ createEpoch: () => name });
        if (!name.startsWith("idle")) await log.append("a", name);
        await log.store.close();
      }
      const { opened } = await bench.open({ createEpoch: () => "four" });
      assert.deepEqual(
        opened.lineage.map((epoch) => `${epoch.name} ${epoch.first}`),
        ["two 2", "three 3", "four 4"],
      );
    },
    { bounds: { epochs: 3 } },
  ),
];
