import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@tidings/server";
import { type SqliteOptions, sqlite } from "@tidings/server/sqlite";
import { onTestFinished } from "vitest";
import type { Opened, OpenOptions, Publication, TailEntry } from "../../src/ports/store.ts";

let epochs = 0;

/** A directory that is gone after the test. */
export async function createDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "tidings-sqlite-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A store on `path`, opened, and closed after the test. */
export async function openSqlite(
  path: string,
  options: SqliteOptions & { retention?: OpenOptions["retention"]; onError?: (error: unknown) => void } = {},
): Promise<{ store: Store; opened: Opened; tail: TailEntry[] }> {
  const store = sqlite(path, options);
  onTestFinished(() => store.close());
  const tail: TailEntry[] = [];
  const opened = await store.open({
    retention: options.retention ?? {},
    now: Date.now,
    createEpoch: () => `test${process.pid}n${epochs++}`,
    onError: options.onError ?? ((error) => Promise.reject(error)),
    signal: new AbortController().signal,
  });
  store.tail(opened.head, (entries) => tail.push(...entries));
  return { store, opened, tail };
}

export async function append(store: Store, topic: string, data: string): Promise<number> {
  const [appended] = await store.append([{ topic, data }]);
  return appended?.offset ?? 0;
}

/** Everything held of a topic, in however many pages. */
export async function readAll(store: Store, topic: string): Promise<Publication[]> {
  const publications: Publication[] = [];
  for (let after = 0; ; ) {
    const page = await store.read({
      after,
      filter: { topics: [topic], patterns: [] },
      limit: 1_000,
      maxBytes: 2 ** 30,
    });
    publications.push(...page.publications);
    if (page.scannedTo <= after) return publications;
    after = page.scannedTo;
  }
}
