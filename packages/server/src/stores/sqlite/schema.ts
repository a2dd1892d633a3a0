import { TidingsError } from "../../errors.ts";
import type { Database } from "./driver.ts";

/** Says in the file's header that it is one of ours: "TIDE". https://www.sqlite.org/pragma.html#pragma_application_id */
const APPLICATION_ID = 0x54494445;

/**
 * What brings a file from one version of the schema to the next; `user_version` counts how many it has had. A migration
 * that was released is never changed.
 */
const MIGRATIONS: readonly ((db: Database) => void)[] = [createTables, createBarred];

/**
 * Brings the file to the schema of this version.
 *
 * @throws TidingsError `store_too_new`, or `store_corrupt` if it is somebody else's database
 */
export function migrate(db: Database, path: string): void {
  if (isForeign(db)) {
    throw new TidingsError("store_corrupt", `"${path}" is the SQLite database of something else; name another file.`);
  }
  const version = pragma(db, "user_version");
  if (version > MIGRATIONS.length) {
    throw new TidingsError(
      "store_too_new",
      `"${path}" has schema ${version}, this version of Tidings knows ${MIGRATIONS.length}; ` +
        "use a newer Tidings, or another file.",
    );
  }
  if (version === MIGRATIONS.length) return;
  db.exec("BEGIN IMMEDIATE");
  for (const migration of MIGRATIONS.slice(version)) migration(db);
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`);
}

/** Whether the file says that it is one of ours. */
export function isLog(db: Database): boolean {
  return pragma(db, "application_id") === APPLICATION_ID;
}

function isForeign(db: Database): boolean {
  if (isLog(db)) return false;
  return db.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() !== undefined;
}

function pragma(db: Database, name: string): number {
  return Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0] as number;
}

function createTables(db: Database): void {
  db.exec(`
    -- One row: what must be known of the log as a whole, and survive the rows it was worked out from.
    CREATE TABLE log (
      head INTEGER NOT NULL,    -- the highest offset ever given
      floor INTEGER NOT NULL,   -- a watermark under every topic
      weight INTEGER NOT NULL,  -- bytes held in the sense of maxTotalBytes
      keys INTEGER NOT NULL     -- rows of the table keys
    );
    INSERT INTO log VALUES (0, 0, 0, 0);

    CREATE TABLE epochs (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, first INTEGER NOT NULL);

    -- AUTOINCREMENT: the id of a deleted topic, whose publications may not be swept yet, is not given again.
    CREATE TABLE topics (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL UNIQUE,
      count INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      last INTEGER NOT NULL,    -- the highest offset ever given in it
      last_time INTEGER NOT NULL,
      end_offset INTEGER,
      end_time INTEGER
    );
    CREATE INDEX topics_by_last ON topics (last);
    CREATE INDEX topics_empty ON topics (last) WHERE count = 0;

    -- data is a BLOB: node:sqlite cuts a TEXT at its first NUL when reading.
    CREATE TABLE publications (
      "offset" INTEGER PRIMARY KEY,
      topic INTEGER NOT NULL,
      time INTEGER NOT NULL,
      ends INTEGER NOT NULL,
      event TEXT,
      data BLOB
    );
    CREATE INDEX publications_by_topic ON publications (topic, "offset");

    CREATE TABLE watermarks (topic TEXT PRIMARY KEY, through INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX watermarks_by_through ON watermarks (through);

    CREATE TABLE keys (
      "offset" INTEGER PRIMARY KEY,
      topic TEXT NOT NULL,
      name TEXT NOT NULL,
      fingerprint TEXT NOT NULL,
      time INTEGER NOT NULL,
      UNIQUE (topic, name)
    );

    -- What a deleted topic has left behind, to be removed in small steps. Nobody sees it any more.
    CREATE TABLE sweeps (id INTEGER PRIMARY KEY, topic_id INTEGER, topic TEXT NOT NULL, through INTEGER NOT NULL);
    CREATE INDEX sweeps_by_topic ON sweeps (topic);

    -- Always empty: written to find out whether anything can be written.
    CREATE TABLE probes (data BLOB);
  `);
}

function createBarred(db: Database): void {
  db.exec(`
    -- Who was kicked, in order of the last time. The subject is JSON, which has no NUL and keeps half a surrogate pair.
    CREATE TABLE barred (id INTEGER PRIMARY KEY, subject TEXT NOT NULL UNIQUE, until REAL NOT NULL);
  `);
}
