import { once } from "node:events";
import { statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import fc from "fast-check";
import { expect, test } from "vitest";
import { resolvePosition, toId } from "../../src/positions.ts";
import { kill, lines, runChild, startChild, whyNoMounts } from "./children.ts";
import { append, createDirectory, openSqlite, readAll } from "./open-sqlite.ts";

const noMounts = whyNoMounts();

test("kill -9 while it appends, twenty times: everything acknowledged is there, under its number", async () => {
  const path = join(await createDirectory(), "log.db");
  // How many acknowledgements to wait for before each kill: any, but the same in every run.
  const [rounds = []] = fc.sample(fc.array(fc.nat(120), { minLength: 20, maxLength: 20 }), { seed: 7, numRuns: 1 });
  let head = 0;
  for (const wanted of rounds) {
    const child = startChild("append", path);
    const acknowledged: number[] = [];
    for await (const line of lines(child)) {
      // The last line may have been cut by the kill; a number cut short would still be one below it.
      acknowledged.push(Number(line));
      if (acknowledged.length === wanted + 1) await kill(child);
    }
    expect(acknowledged[0]).toBe(head + 1);
    const { store, opened } = await openSqlite(path);
    expect(opened.head).toBeGreaterThanOrEqual(Math.max(...acknowledged));
    const stored = new Set((await readAll(store, "a")).map(({ offset }) => offset));
    expect(acknowledged.filter((offset) => !stored.has(offset))).toEqual([]);
    head = opened.head;
    await store.close();
  }
}, 90_000);

test("a log whose tail was lost gives no old id anew, and tells readers of what was lost", async () => {
  const path = join(await createDirectory(), "log.db");
  const child = startChild("append", path);
  let last = 0;
  for await (const line of lines(child)) {
    last = Number(line);
    if (last === 400) await kill(child);
  }
  truncateSync(`${path}-wal`, Math.floor(statSync(`${path}-wal`).size / 2));
  const { store, opened } = await openSqlite(path);
  expect(opened.head).toBeLessThan(last);
  const [before, current] = [opened.lineage[0], opened.lineage[1]];
  expect(resolvePosition(`${before?.name}-${last}`, opened.lineage, opened.head)).toEqual({
    known: false,
    reason: "reset",
    after: opened.head,
  });
  const offset = await append(store, "a", "new");
  expect(toId(opened.lineage, offset)).toBe(`${current?.name}-${opened.head + 1}`);
});

test.skipIf(noMounts !== undefined)(
  `a full disk: store_full, nothing acknowledged is lost, and it goes on once there is room${noMounts ?? ""}`,
  async () => {
    const { out, err } = runChild("full", await createDirectory(), true);
    expect(err).toBe("");
    const { codes, acknowledged, stored } = JSON.parse(out);
    expect(codes.map(([code]: string[]) => code)).toEqual(["store_full", "store_full"]);
    expect(codes[0][1]).toMatch(/The disk of ".*log\.db" is full; free some space/);
    expect(acknowledged.length).toBeGreaterThan(10);
    expect(stored).toEqual(acknowledged);
  },
  40_000,
);

test.skipIf(noMounts !== undefined)(
  `a disk that takes no writes: store_read_only, which says what to do${noMounts ?? ""}`,
  async () => {
    const { out, err } = runChild("readOnly", await createDirectory(), true);
    expect(err).toBe("");
    const [code, message] = JSON.parse(out);
    expect(code).toBe("store_read_only");
    expect(message).toMatch(/log\.db" cannot be written; let this process write the file and its directory/);
  },
  40_000,
);

test("a thread that dies fails every call, and lets go of the log for the next opener", async () => {
  const path = join(await createDirectory(), "log.db");
  const created = once(process, "worker");
  const told: unknown[] = [];
  const { store } = await openSqlite(path, { onError: (error) => told.push(error) });
  const [worker] = (await created) as [Worker];
  await append(store, "a", "before");
  const pending = [append(store, "a", "lost?"), readAll(store, "a"), store.trim()];
  worker.postMessage(null);
  const settled = await Promise.allSettled([...pending, once(worker, "exit")]);
  for (const each of settled.slice(0, 3)) {
    if (each.status === "rejected") expect(each.reason).toMatchObject({ code: "store_lost" });
  }
  expect(told, "once, though many calls have failed").toMatchObject([{ code: "store_lost" }]);
  await expect(store.check()).rejects.toMatchObject({ code: "store_lost" });
  await expect(append(store, "a", "x")).rejects.toThrow(/The thread that writes ".*" has ended; restart the hub/);
  await store.close();
  const { store: next } = await openSqlite(path);
  const data = (await readAll(next, "a")).map((publication) => publication.data);
  expect(data[0]).toBe("before");
});
