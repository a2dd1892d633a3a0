import { realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Opened } from "../../ports/store.ts";
import type { Epoch } from "../../positions.ts";
import { beginEpoch } from "../shared/lineage.ts";
import { type Database, type Driver, loadDriver } from "./driver.ts";
import { isBusy, toStoreError } from "./failures.ts";
import type { Start } from "./protocol.ts";
import { migrate } from "./schema.ts";

/** An opener that waits asks again after this many milliseconds: a restart in place is delayed by no more. */
const POLL = 50;

/** An open file and its lock. */
export interface OpenFile {
  readonly db: Database;
  /** To be closed after `db`. */
  readonly lock: Database;
  readonly opened: Opened;
}

/**
 * Opens the file once no other opener has it, and begins an epoch.
 *
 * @throws TidingsError `store_failed` and its kin
 */
export async function openFile(start: Start): Promise<OpenFile> {
  const path = toRealPath(start.path);
  const connect = await loadDriver();
  try {
    const lock = await takeLock(connect, `${path}-lock`);
    let db: Database | undefined;
    try {
      db = connect(path);
      configure(db);
      migrate(db, path);
      const opened = recordEpoch(db, start);
      return { db, lock, opened };
    } catch (error) {
      db?.close();
      lock.close();
      throw error;
    }
  } catch (error) {
    throw toStoreError(error, start.path);
  }
}

/**
 * Holds an exclusive transaction on a file beside the log, which the operating system ends when this process does, also
 * by kill -9. A lock on the log itself would keep backups and the sqlite3 command from reading it.
 */
async function takeLock(connect: Driver, path: string): Promise<Database> {
  const lock = connect(path);
  for (;;) {
    try {
      lock.exec("BEGIN EXCLUSIVE");
      return lock;
    } catch (error) {
      if (!isBusy(error)) {
        lock.close();
        throw error;
      }
      await wait(POLL);
    }
  }
}

function configure(db: Database): void {
  db.exec(`
    PRAGMA busy_timeout = 5000;         -- somebody may write with the sqlite3 command, also just now; only this thread waits
    PRAGMA auto_vacuum = INCREMENTAL;   -- before the first table: lets a trim give pages back to the file system
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;          -- fsync with every commit
    PRAGMA fullfsync = ON;              -- macOS: through the drive's own cache
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -16384;         -- 16 MiB
    PRAGMA temp_store = MEMORY;
  `);
}

/** Writes the epoch down before anything can be appended under it. */
function recordEpoch(db: Database, { epoch, bounds }: Start): Opened {
  const head = db.prepare("SELECT head FROM log").get()?.head as number;
  const known = db.prepare("SELECT name, first FROM epochs ORDER BY id").all() as unknown as Epoch[];
  const before = known.map(({ name, first }) => ({ name, first }));
  const lineage = beginEpoch(before, epoch, head, bounds.epochs);
  db.exec("BEGIN IMMEDIATE");
  db.prepare("INSERT INTO epochs (name, first) VALUES (?, ?)").run(epoch, head + 1);
  const kept = new Set(lineage.map(({ name }) => name));
  const drop = db.prepare("DELETE FROM epochs WHERE name = ?");
  for (const { name } of before) if (!kept.has(name)) drop.run(name);
  db.exec("COMMIT");
  return { lineage, head };
}

/** Two names of one file, through a link, must come to one lock. */
function toRealPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    try {
      return join(realpathSync(dirname(path)), basename(path));
    } catch {
      return path;
    }
  }
}
