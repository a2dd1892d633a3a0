import { accessSync, constants, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { type ErrorCode, TidingsError } from "../../errors.ts";

/** SQLite's primary result codes that are told apart. https://www.sqlite.org/rescode.html */
const CODES: Readonly<Record<number, string>> = {
  3: "SQLITE_PERM",
  5: "SQLITE_BUSY",
  8: "SQLITE_READONLY",
  10: "SQLITE_IOERR",
  11: "SQLITE_CORRUPT",
  13: "SQLITE_FULL",
  14: "SQLITE_CANTOPEN",
  26: "SQLITE_NOTADB",
};

/** Whether a driver's error says that another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return toPrimaryCode(error) === "SQLITE_BUSY";
}

/** A driver's error as one of ours, which names the file and says how to mend it. */
export function toStoreError(error: unknown, path: string): TidingsError {
  if (error instanceof TidingsError) return error;
  const [code, sentence] = explain(error, path);
  return new TidingsError(code, sentence, { cause: error, retryAfter: 5 });
}

function explain(error: unknown, path: string): [ErrorCode, string] {
  const primary = toPrimaryCode(error);
  const directory = dirname(path);
  if (!isDirectory(directory)) {
    return ["store_failed", `The directory "${directory}" does not exist; create it, or name another file.`];
  }
  if (primary === "SQLITE_FULL" || (primary === "SQLITE_IOERR" && isFull(path))) return full(path);
  if (primary === "SQLITE_READONLY" || primary === "SQLITE_PERM") return readOnly(path);
  if (primary === "SQLITE_CANTOPEN") return explainCannotOpen(path);
  if (primary === "SQLITE_CORRUPT" || primary === "SQLITE_NOTADB") {
    const fix = `restore a backup, or move it away together with its "-wal" and "-shm" to begin a new log`;
    return ["store_corrupt", `"${path}" is damaged, or no SQLite database; ${fix}.`];
  }
  if (primary === "SQLITE_BUSY") {
    return ["store_failed", `Another program writes to "${path}" and does not let go; stop it, and let it read only.`];
  }
  const reason = error instanceof Error ? error.message : String(error);
  return ["store_failed", `SQLite failed with "${path}": ${reason}.`];
}

function explainCannotOpen(path: string): [ErrorCode, string] {
  if (isDirectory(path)) return ["store_failed", `"${path}" is a directory; name a file.`];
  return isWritable(dirname(path))
    ? ["store_failed", `"${path}" cannot be opened; is it a plain file?`]
    : readOnly(path);
}

function full(path: string): [ErrorCode, string] {
  const fix = "free some space, or lower the retention";
  return ["store_full", `The disk of "${path}" is full; ${fix}. Nothing that was acknowledged is lost.`];
}

function readOnly(path: string): [ErrorCode, string] {
  const fix = "let this process write the file and its directory, in which SQLite keeps its log";
  return ["store_read_only", `"${path}" cannot be written; ${fix}.`];
}

/** `better-sqlite3` names the extended code in `code`; `node:sqlite` has its number in `errcode`. */
function toPrimaryCode(error: unknown): string | undefined {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (typeof errcode === "number") return CODES[errcode & 0xff];
  if (typeof code !== "string") return undefined;
  return Object.values(CODES).find((name) => code === name || code.startsWith(`${name}_`));
}

function isFull(path: string): boolean {
  try {
    return statfsSync(dirname(path)).bavail === 0;
  } catch {
    return false;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
