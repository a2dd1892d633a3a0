import { join } from "node:path";
import type { Store } from "@tidings/server";
import { expect, test } from "vitest";
import { loadDriver } from "../../src/stores/sqlite/driver.ts";
import { append, createDirectory, openSqlite, readAll } from "./open-sqlite.ts";

const LATER = Date.now() + 3_600_000;

const bar = (store: Store, subject: string, until: number): Promise<void> =>
  (store.bar as NonNullable<Store["bar"]>)({ subject, until });

test("who is kept out is found again by the next opener, as it was said last", async () => {
  const path = join(await createDirectory(), "log.db");
  const first = await openSqlite(path);
  expect(first.opened.barred).toEqual([]);
  const subjects = ["ada", "", "a\0b", "half \ud800 a pair", "ünï", "ada"];
  for (const [at, subject] of subjects.entries()) await bar(first.store, subject, LATER + at + 0.5);
  await first.store.close();
  const { opened } = await openSqlite(path);
  expect(opened.barred).toEqual(subjects.map((subject, at) => ({ subject, until: LATER + at + 0.5 })).slice(1));
});

test("whose time is over is forgotten, and of those that stay out the last ten thousand are kept", async () => {
  const path = join(await createDirectory(), "log.db");
  const { store } = await openSqlite(path);
  const db = (await loadDriver())(path);
  db.exec(`
    INSERT INTO barred (subject, until) VALUES ('"over"', 1);
    WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n LIMIT 10000)
    INSERT INTO barred (subject, until) SELECT '"user/' || n || '"', ${LATER} FROM n`);
  db.close();
  for (const [subject, until] of [
    ["ada", LATER],
    ["bob", LATER],
  ] as const)
    await bar(store, subject, until);
  await store.close();
  const { opened } = await openSqlite(path);
  const subjects = opened.barred?.map(({ subject }) => subject) ?? [];
  expect([subjects.length, subjects[0], ...subjects.slice(-3)]).toEqual([10_000, "user/2", "user/9999", "ada", "bob"]);
});

test("a file of the version before gets its table, and keeps its log", async () => {
  const path = join(await createDirectory(), "log.db");
  const { store } = await openSqlite(path);
  await append(store, "a", "1");
  await store.close();
  const db = (await loadDriver())(path);
  db.exec("DROP TABLE barred; PRAGMA user_version = 1");
  db.close();
  const { store: migrated } = await openSqlite(path);
  await bar(migrated, "ada", LATER);
  expect((await readAll(migrated, "a")).map(({ data }) => data)).toEqual(["1"]);
  await migrated.close();
});
