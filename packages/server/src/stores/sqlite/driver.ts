import { TidingsError } from "../../errors.ts";

/** What a column holds. */
export type Value = null | number | string | Uint8Array;

/** A row by column name. */
export type Row = Record<string, Value>;

/** A prepared statement, with the part of its API that both drivers share. */
export interface Statement {
  run(...values: Value[]): { changes: number };
  get(...values: Value[]): Row | undefined;
  all(...values: Value[]): Row[];
  iterate(...values: Value[]): Iterable<Row>;
}

/** A database connection. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

/** Opens database files. A database that is busy is an error at once: whoever wants to wait does so itself. */
export type Driver = (path: string) => Database;

type DatabaseSync = new (path: string) => Database;
type BetterSqlite = new (path: string, options: { timeout: number }) => Database;

/**
 * The SQLite of the runtime where it has one, which needs nothing installed; else that of `better-sqlite3`.
 *
 * @throws TidingsError `store_driver_missing`
 */
export async function loadDriver(): Promise<Driver> {
  const builtin = loadBuiltin();
  if (builtin !== undefined) return (path) => new builtin(path);
  try {
    const { default: BetterSqlite } = (await import("better-sqlite3")) as unknown as { default: BetterSqlite };
    return (path) => new BetterSqlite(path, { timeout: 0 });
  } catch (cause) {
    throw new TidingsError(
      "store_driver_missing",
      `Node ${process.versions.node} has no SQLite of its own, and better-sqlite3 cannot be loaded (${toReason(cause)}). ` +
        'Use Node 22.13 or newer, or run "npm install better-sqlite3@12" ("npm rebuild better-sqlite3" if it is there).',
      { cause },
    );
  }
}

/** `node:sqlite`. Its ExperimentalWarning says nothing to who runs a hub; all other warnings stay as they are. */
function loadBuiltin(): DatabaseSync | undefined {
  const { emitWarning } = process;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (!String(warning).includes("SQLite is an experimental feature")) {
      Reflect.apply(emitWarning, process, [warning, ...rest]);
    }
  }) as typeof process.emitWarning;
  try {
    const builtin = process.getBuiltinModule?.("node:sqlite") as { DatabaseSync: DatabaseSync } | undefined;
    return builtin?.DatabaseSync;
  } finally {
    process.emitWarning = emitWarning;
  }
}

function toReason(error: unknown): string {
  return error instanceof Error ? (error.message.split("\n", 1)[0] as string) : String(error);
}
