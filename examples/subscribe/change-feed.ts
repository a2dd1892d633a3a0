import { setTimeout } from "node:timers/promises";

/** A row that a trigger, or the application itself in the same transaction, wrote beside a change. */
export interface Change {
  /** Rises with every change. */
  readonly id: number;
  readonly table: string;
  readonly row: string;
}

/** A prepared statement of `node:sqlite` or `better-sqlite3`: they agree on this. */
export interface Statement {
  all(...parameters: unknown[]): unknown[];
}

// #region change-feed
/**
 * The changes of a database after one of them, in order, from a table that it writes them to.
 *
 * @param select `SELECT id, "table", row FROM changes WHERE id > ? ORDER BY id LIMIT 100`
 */
export async function* changeFeed(select: Statement, after: number, signal: AbortSignal): AsyncGenerator<Change> {
  let last = after;
  while (!signal.aborted) {
    const changes = select.all(last) as Change[];
    for (const change of changes) {
      yield change;
      last = change.id;
    }
    if (changes.length === 0) await setTimeout(50, undefined, { signal }).catch(() => {});
  }
}
// #endregion change-feed
