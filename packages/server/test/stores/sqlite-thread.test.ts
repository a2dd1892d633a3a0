import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { loadDriver } from "../../src/stores/sqlite/driver.ts";
import { append, createDirectory, openSqlite, readAll } from "./open-sqlite.ts";

test("a disk that does not answer holds up appends, and nothing else", async () => {
  const path = join(await createDirectory(), "log.db");
  const { store, tail } = await openSqlite(path);
  // Another writer stands for a disk that is busy with an fsync: the commit waits, in its thread.
  const other = (await loadDriver())(path);
  other.exec("BEGIN IMMEDIATE");
  let settled = 0;
  const appends = Array.from({ length: 10 }, (_, n) => append(store, "a", String(n)).then(() => settled++));
  for (let turns = 0; turns < 200; turns++) await nextTurn();
  expect([settled, tail.length]).toEqual([0, 0]);
  other.exec("ROLLBACK");
  other.close();
  await Promise.all(appends);
  expect(tail.length).toBe(10);
});

test("what comes while a commit runs goes into the next one together", async () => {
  const path = join(await createDirectory(), "log.db");
  const { store, tail } = await openSqlite(path);
  const other = (await loadDriver())(path);
  other.exec("BEGIN IMMEDIATE");
  const first = append(store, "a", "first");
  for (let turns = 0; turns < 20; turns++) await nextTurn();
  // Each in a turn, and so in a message, of its own.
  const later: Promise<number>[] = [];
  for (let n = 0; n < 50; n++) {
    later.push(append(store, "a", String(n)));
    await nextTurn();
  }
  let seenTogether = 0;
  store.tail(0, (entries) => {
    tail.push(...entries);
    seenTogether = Math.max(seenTogether, entries.length);
  });
  other.exec("ROLLBACK");
  other.close();
  expect(await first).toBe(1);
  expect(await Promise.all(later)).toEqual(Array.from({ length: 50 }, (_, n) => n + 2));
  expect(seenTogether).toBeGreaterThanOrEqual(50);
});

test("what waits for the disk is bounded: beyond it an append is refused, and nothing of it stored", async () => {
  const path = join(await createDirectory(), "log.db");
  const { store } = await openSqlite(path, { maxQueuedBytes: 1_400 });
  const [taken, refused, small] = await Promise.allSettled([
    append(store, "a", "x".repeat(600)),
    append(store, "a", "y".repeat(600)),
    append(store, "a", "z"),
  ]);
  expect(taken).toEqual({ status: "fulfilled", value: 1 });
  expect(refused).toMatchObject({ status: "rejected", reason: { code: "store_failed", retryAfter: 1 } });
  expect(small).toEqual({ status: "fulfilled", value: 2 });
  expect(await append(store, "a", "larger than the bound, but alone".repeat(100))).toBe(3);
  expect(await readAll(store, "a")).toHaveLength(3);
});

test("reads do not keep writes from being committed, nor a long trim either", async () => {
  const path = join(await createDirectory(), "log.db");
  const { store } = await openSqlite(path, { retention: { maxCount: 30_000 } });
  const batch = Array.from({ length: 10_000 }, (_, n) => ({ topic: `t/${n % 4}`, data: "" }));
  for (let n = 0; n < 4; n++) await store.append(batch);
  await store.close();
  const { store: smaller, tail } = await openSqlite(path, { retention: { maxCount: 10 } });
  const order: string[] = [];
  const trim = smaller.trim().then(() => order.push("trim"));
  const reads = Array.from({ length: 300 }, () =>
    smaller.read({ after: 0, filter: { topics: [], patterns: ["none/*"] }, limit: 10, maxBytes: 1_000 }),
  );
  const lastRead = Promise.all(reads).then(() => order.push("reads"));
  await append(smaller, "other", "1");
  order.push("append");
  await Promise.all([trim, lastRead]);
  expect(order[0]).toBe("append");
  expect(tail.some((entry) => entry.type === "trim")).toBe(true);
  const topics = await smaller.topics({ limit: 10 });
  expect(topics.filter(({ topic }) => topic.startsWith("t/")).map(({ count }) => count)).toEqual([10, 10, 10, 10]);
});

test("closing does not wait for a long trim, which the next one finishes", async () => {
  const path = join(await createDirectory(), "log.db");
  const { store } = await openSqlite(path, { retention: { maxCount: 30_000 } });
  await store.append(Array.from({ length: 20_000 }, () => ({ topic: "a", data: "" })));
  await store.close();
  const { store: closing, tail } = await openSqlite(path, { retention: { maxCount: 10 } });
  const trim = closing.trim();
  await closing.close();
  await trim;
  expect(tail.filter(({ type }) => type === "trim").length).toBeLessThan(5);
  const { store: next } = await openSqlite(path, { retention: { maxCount: 10 } });
  expect((await readAll(next, "a")).length).toBeGreaterThan(10);
  await next.trim();
  expect(await readAll(next, "a")).toHaveLength(10);
});

test("a deleted topic is gone at once, and what it held is swept without anyone seeing", async () => {
  const path = join(await createDirectory(), "log.db");
  const { store } = await openSqlite(path, { retention: { maxCount: 100_000 } });
  const batch = Array.from({ length: 5_000 }, (_, n) => ({ topic: "big", data: "x", key: `k${n}` }));
  await store.append(batch);
  await append(store, "small", "1");
  expect(await store.deleteTopic("big")).toBe(true);
  const page = await store.read({ after: 0, filter: { topics: [], patterns: ["**"] }, limit: 10_000, maxBytes: 1e9 });
  expect(page.publications.map(({ topic }) => topic)).toEqual(["small"]);
  expect(page.trimmedTo).toBe(5_000);
  const [again] = await store.append([batch[0] as (typeof batch)[0]]);
  expect(again).toEqual({ offset: 5_002, repeated: false });
  await store.trim();
  await store.close();
  const db = (await loadDriver())(path);
  expect(db.prepare("SELECT count(*) AS count FROM publications").get()).toEqual({ count: 2 });
  expect(db.prepare("SELECT count(*) AS count FROM keys").get()).toEqual({ count: 1 });
  expect(db.prepare("SELECT keys FROM log").get()).toEqual({ keys: 1 });
  expect(db.prepare("SELECT count(*) AS count FROM sweeps").get()).toEqual({ count: 0 });
  db.close();
});
