import type { Dropped } from "../../ports/store.ts";
import type { LogBounds } from "../shared/bounds.ts";
import type { Database } from "./driver.ts";
import { prepareStatements, type Statements } from "./statements.ts";
import { Transaction } from "./transaction.ts";

/** A check writes no more than this, in bytes. */
const MAX_PROBE = 1024 * 1024;

/** The log in an open file. */
export class SqliteLog {
  readonly sql: Statements;
  /** What was given up for want of room, in all committed transactions. */
  dropped: Dropped = { keys: 0, watermarks: 0, ends: 0 };
  #failedBytes = 0;
  readonly #db: Database;
  readonly #bounds: LogBounds;

  constructor(db: Database, bounds: LogBounds) {
    this.#db = db;
    this.#bounds = bounds;
    this.sql = prepareStatements(db);
  }

  /**
   * Runs `body` and commits what it did, with fsync. If it throws, or the commit fails, nothing of it was done.
   *
   * @throws what `body` or the driver throws
   */
  transact<T>(body: (tx: Transaction) => T): T {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const tx = new Transaction(this.#db, this.sql, this.#bounds);
      const result = body(tx);
      tx.save();
      this.#db.exec("COMMIT");
      this.#count(tx.dropped);
      return result;
    } catch (error) {
      this.#rollback();
      throw error;
    }
  }

  /**
   * Writes and commits as much as last failed, so that a full disk is found out: a small write often fits into what
   * is allotted already, where a publication does not.
   */
  check(): void {
    this.#db.exec(`INSERT INTO probes VALUES (zeroblob(${this.#failedBytes}))`);
    this.#db.exec("DELETE FROM probes");
    this.#failedBytes = 0;
  }

  /** To be told how large a write was that failed, and 0 after one that did not. */
  failed(bytes: number): void {
    this.#failedBytes = Math.min(bytes, MAX_PROBE);
  }

  /** SQLite has rolled back by itself after some errors, and says so then. */
  #rollback(): void {
    try {
      this.#db.exec("ROLLBACK");
    } catch {
      // No transaction is left, which is what was wanted.
    }
  }

  #count({ keys, watermarks, ends }: Dropped): void {
    if (keys + watermarks + ends === 0) return;
    this.dropped = {
      keys: this.dropped.keys + keys,
      watermarks: this.dropped.watermarks + watermarks,
      ends: this.dropped.ends + ends,
    };
  }
}
