import type { Dropped } from "../../ports/store.ts";
import type { LogBounds } from "../shared/bounds.ts";
import type { Database } from "./driver.ts";
import { prepareStatements, type Statements } from "./statements.ts";
import { Transaction } from "./transaction.ts";

/** The log in an open file. */
export class SqliteLog {
  readonly sql: Statements;
  /** What was given up for want of room, in all committed transactions. */
  dropped: Dropped = { keys: 0, watermarks: 0, ends: 0 };
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

  /** Writes and commits, so that a disk that takes nothing is found out. */
  check(): void {
    this.#db.exec("UPDATE log SET head = head");
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
