import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { backUp } from "@tidings/server/sqlite";
import { expect, test } from "vitest";
import { resolvePosition, toId } from "../../src/positions.ts";
import { append, createDirectory, openSqlite, readAll } from "./open-sqlite.ts";

test("a copy made while the log is written to has all that was acknowledged before, and opens as a log of its own", async () => {
  const directory = await createDirectory();
  const [path, target] = [join(directory, "log.db"), join(directory, "copy.db")];
  const { store, opened } = await openSqlite(path);
  for (let n = 1; n <= 500; n++) await append(store, `t/${n % 7}`, `x${n}\0`.repeat(50));

  let isCopied = false;
  let acknowledged = 0;
  const writing = (async () => {
    while (!isCopied) acknowledged = await append(store, "meanwhile", "x");
  })();
  const { publications, bytes } = await backUp(path, target);
  isCopied = true;
  await writing;

  expect(publications).toBeGreaterThanOrEqual(500);
  expect(bytes).toBe(readFileSync(target).length);
  expect(
    readdirSync(directory).filter((name) => name.startsWith(".")),
    "nothing half is left",
  ).toEqual([]);
  const copy = await openSqlite(target);
  expect(copy.opened.head).toBe(publications);
  for (let n = 0; n < 7; n++) expect(await readAll(copy.store, `t/${n}`)).toEqual(await readAll(store, `t/${n}`));
  // Of another lineage from where the copy ends.
  const epoch = opened.lineage.at(-1)?.name;
  const at = (offset: number) => resolvePosition(`${epoch}-${offset}`, copy.opened.lineage, copy.opened.head);
  expect(at(publications)).toMatchObject({ known: true, after: publications });
  expect(acknowledged).toBeGreaterThan(publications);
  expect(at(acknowledged)).toEqual({ known: false, reason: "reset", after: publications });
  const offset = await append(copy.store, "t/1", "new");
  expect(toId(copy.opened.lineage, offset)).not.toBe(`${epoch}-${offset}`);
});

test("a log that nobody has open", async () => {
  const directory = await createDirectory();
  const [path, target] = [join(directory, "log.db"), join(directory, "copy.db")];
  const { store } = await openSqlite(path);
  await append(store, "a", "x");
  await store.close();
  expect(await backUp(path, target)).toMatchObject({ publications: 1 });
});

test("what cannot be meant is refused, and leaves everything as it was", async () => {
  const directory = await createDirectory();
  const path = join(directory, "log.db");
  const { store } = await openSqlite(path);
  await append(store, "a", "x");
  const notes = join(directory, "notes.txt");
  writeFileSync(notes, "These are my notes. ".repeat(100));
  mkdirSync(join(directory, "folder"));
  const before = readdirSync(directory);
  for (const [from, to, expected] of [
    [join(directory, "none.db"), join(directory, "copy.db"), { code: "invalid_option", field: "path" }],
    [directory, join(directory, "copy.db"), { code: "invalid_option", field: "path" }],
    [path, notes, { code: "invalid_option", field: "target" }],
    [path, path, { code: "invalid_option", field: "target" }],
    [path, join(directory, "folder"), { code: "invalid_option", field: "target" }],
    [path, join(directory, "nowhere", "copy.db"), { code: "store_failed", message: /nowhere" does not exist/ }],
    [notes, join(directory, "copy.db"), { code: "store_corrupt", message: /notes\.txt" is damaged, or no SQLite/ }],
  ] as const) {
    const { message, ...fields } = { message: /./, ...expected };
    await expect(backUp(from, to)).rejects.toMatchObject({ ...fields, message: expect.stringMatching(message) });
    expect(readdirSync(directory)).toEqual(before);
  }
});
