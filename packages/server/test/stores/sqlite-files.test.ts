import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { sqlite } from "@tidings/server/sqlite";
import { expect, test } from "vitest";
import { loadDriver } from "../../src/stores/sqlite/driver.ts";
import { runChild } from "./children.ts";
import { append, createDirectory, openSqlite, readAll } from "./open-sqlite.ts";

test("a file that is no database is store_corrupt, and is left as it was", async () => {
  const path = join(await createDirectory(), "log.db");
  const notes = "These are my notes. ".repeat(1_000);
  writeFileSync(path, notes);
  await expect(openSqlite(path)).rejects.toMatchObject({
    code: "store_corrupt",
    message: expect.stringMatching(/log\.db" is damaged, or no SQLite database; restore a backup, or move it away/),
  });
  expect(readFileSync(path, "utf8")).toBe(notes);
});

test("a damaged file is store_corrupt, at the latest where the damage is read", async () => {
  const path = join(await createDirectory(), "log.db");
  const { store } = await openSqlite(path);
  await store.append(Array.from({ length: 2_000 }, (_, n) => ({ topic: `t/${n % 50}`, data: "x".repeat(500) })));
  await store.close();
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0xa5, 4_096 * 20));
  const using = openSqlite(path).then(async ({ store: damaged }) => {
    for (let n = 0; n < 50; n++) await readAll(damaged, `t/${n}`);
  });
  await expect(using).rejects.toMatchObject({ code: "store_corrupt" });
});

test("a file from a newer version is store_too_new, and is left as it was", async () => {
  const path = join(await createDirectory(), "log.db");
  const { store } = await openSqlite(path);
  await append(store, "a", "1");
  await store.close();
  const db = (await loadDriver())(path);
  db.exec("PRAGMA user_version = 1000");
  db.close();
  await expect(openSqlite(path)).rejects.toMatchObject({
    code: "store_too_new",
    message: expect.stringMatching(/has schema 1000, this version of Tidings knows \d+; use a newer Tidings/),
  });
  const after = (await loadDriver())(path);
  expect(after.prepare("PRAGMA user_version").get()).toEqual({ user_version: 1000 });
  after.close();
});

test("somebody else's database is refused, and is left as it was", async () => {
  const path = join(await createDirectory(), "shop.db");
  const db = (await loadDriver())(path);
  db.exec("CREATE TABLE orders (id INTEGER); PRAGMA user_version = 7");
  db.close();
  await expect(openSqlite(path)).rejects.toMatchObject({
    code: "store_corrupt",
    message: expect.stringMatching(/is the SQLite database of something else; name another file/),
  });
});

test("a directory that is missing, or in place of the file, is named", async () => {
  const directory = await createDirectory();
  await expect(openSqlite(join(directory, "no", "log.db"))).rejects.toThrow(/The directory ".*no" does not exist/);
  mkdirSync(join(directory, "log.db"));
  await expect(openSqlite(join(directory, "log.db"))).rejects.toThrow(/log\.db" is a directory; name a file/);
});

test("a path that is no file is refused before anything is opened", async () => {
  for (const path of ["", ":memory:", "file:log.db?mode=memory", "a\0b"]) {
    await expect(openSqlite(path)).rejects.toMatchObject({ code: "invalid_option", field: "path" });
  }
});

test("a refused file can be opened once it is mended, by the same store", async () => {
  const path = join(await createDirectory(), "log.db");
  mkdirSync(path);
  const store = sqlite(path);
  const options = {
    retention: {},
    now: Date.now,
    createEpoch: () => "mended",
    onError: () => {},
    signal: new AbortController().signal,
  };
  await expect(store.open(options)).rejects.toMatchObject({ code: "store_failed" });
  rmdirSync(path);
  expect((await store.open(options)).head).toBe(0);
  await expect(store.open(options)).rejects.toThrow(/is open already/);
  await store.close();
});

test("without any SQLite, opening says what to install", async () => {
  const directory = await createDirectory();
  // The build alone, from where better-sqlite3 cannot be found.
  cpSync(new URL("../../dist", import.meta.url), join(directory, "dist"), { recursive: true });
  cpSync(new URL("../../../wire", import.meta.url), join(directory, "node_modules/@tidings/wire"), { recursive: true });
  const script = `
    const { sqlite } = await import("./dist/stores/sqlite/index.js");
    const signal = new AbortController().signal;
    const options = { retention: {}, now: Date.now, createEpoch: () => "e", onError() {}, signal };
    await sqlite("log.db").open(options).catch(({ code, message }) => console.log(code, message));
  `;
  writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
  writeFileSync(join(directory, "open.js"), script);
  const flags = Number.parseInt(process.versions.node, 10) < 22 ? [] : ["--no-experimental-sqlite"];
  const { stdout } = spawnSync(process.execPath, [...flags, "open.js"], { cwd: directory, encoding: "utf8" });
  expect(stdout).toMatch(
    /^store_driver_missing Node .* Use Node 22\.13 or newer, or run "npm install better-sqlite3@12"/,
  );
});

test("while it is open it can be read, and so backed up, by others", async () => {
  const directory = await createDirectory();
  const path = join(directory, "log.db");
  const { store } = await openSqlite(path);
  await append(store, "a", "1");
  const backup = join(directory, "backup.db");
  const reader = (await loadDriver())(path);
  reader.exec(`VACUUM INTO '${backup}'`);
  reader.close();
  await append(store, "a", "2");
  await store.close();
  const { store: restored, opened } = await openSqlite(backup);
  expect((await readAll(restored, "a")).map(({ data }) => data)).toEqual(["1"]);
  expect(opened.lineage).toHaveLength(2);
});

test.each(["WAL", "DELETE"])("a file in mode %s that somebody writes to just now is waited for", async (mode) => {
  const path = join(await createDirectory(), "log.db");
  const { store } = await openSqlite(path);
  await append(store, "a", "1");
  await store.close();
  const other = (await loadDriver())(path);
  other.exec(`PRAGMA journal_mode = ${mode}; BEGIN EXCLUSIVE`);
  setTimeout(() => {
    other.exec("COMMIT");
    other.close();
  }, 500);
  expect(await readAll((await openSqlite(path)).store, "a")).toHaveLength(1);
});

test("a file in which a table is missing is refused for that, and nothing is told of a thread", async () => {
  const path = join(await createDirectory(), "log.db");
  await (await openSqlite(path)).store.close();
  const other = (await loadDriver())(path);
  other.exec("DROP TABLE keys");
  other.close();
  const told: unknown[] = [];
  await expect(openSqlite(path, { onError: (error) => told.push(error) })).rejects.toMatchObject({
    code: "store_failed",
    message: expect.stringContaining("no such table: keys"),
  });
  expect(told).toEqual([]);
});

test("two names of one file come to one lock", async () => {
  const directory = await createDirectory();
  const path = join(directory, "log.db");
  const { store } = await openSqlite(path);
  symlinkSync(path, join(directory, "link.db"));
  const giveUp = new AbortController();
  const second = sqlite(join(directory, "link.db"));
  const opening = second.open({
    retention: {},
    now: Date.now,
    createEpoch: () => "second",
    onError: () => {},
    signal: giveUp.signal,
  });
  const refused = expect(opening).rejects.toMatchObject({ code: "store_failed" });
  await append(store, "a", "1");
  giveUp.abort();
  await refused;
});

test("a copy of an empty file is a new log", async () => {
  const directory = await createDirectory();
  writeFileSync(join(directory, "empty"), "");
  copyFileSync(join(directory, "empty"), join(directory, "log.db"));
  const { opened } = await openSqlite(join(directory, "log.db"));
  expect(opened.head).toBe(0);
});

test("the file does not grow for ever, and gives back what a smaller retention frees", async () => {
  const path = join(await createDirectory(), "log.db");
  const publications = Array.from({ length: 1_000 }, (_, n) => ({ topic: `t/${n % 10}`, data: "x".repeat(4_000) }));
  const MIB = 1024 * 1024;
  const { store } = await openSqlite(path, { retention: { maxTotalBytes: 16 * MIB } });
  for (let n = 0; n < 12; n++) await store.append(publications);
  await store.trim();
  await store.close();
  expect(statSync(path).size).toBeGreaterThan(12 * MIB);
  expect(statSync(path).size).toBeLessThan(32 * MIB);
  const { store: smaller } = await openSqlite(path, { retention: { maxTotalBytes: 1 * MIB } });
  await smaller.trim();
  await smaller.close();
  expect(statSync(path).size).toBeLessThan(8 * MIB);
});

test("a process that closes its store ends, and so does one that forgot, without a word on stderr", async () => {
  for (const [task, said] of [
    ["close", "closed"],
    ["idle", "idle"],
  ] as const) {
    const path = join(await createDirectory(), "log.db");
    expect(runChild(task, path)).toEqual({ code: 0, out: said, err: "" });
  }
});
