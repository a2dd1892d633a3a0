import { existsSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { TidingsError } from "../../errors.ts";
import { type ErrorData, toError } from "./protocol.ts";

/** What a backup holds. */
export interface Backup {
  readonly publications: number;
  /** Of the file. */
  readonly bytes: number;
}

/** What the thread is started with. */
export interface BackupOrder {
  readonly path: string;
  readonly target: string;
  /** Where the copy is made, beside the target, so that it appears there whole or not at all. */
  readonly part: string;
}

/** What the thread answers. */
export type BackupAnswer = { readonly backup: Backup } | { readonly error: ErrorData };

/**
 * Copies a log to another file, while a hub writes to it or none does: all that was acknowledged before the call, as of one
 * moment, in one file that `sqlite()` opens. The hub goes on meanwhile; only its write-ahead log grows until the copy is done. It
 * works in a thread of its own, on the machine that has the file.
 *
 * A hub that opens the copy begins an epoch where the copy ends: readers that are further on are told with a gap.
 *
 * @param target a file that is not there yet; it appears when it is whole and on the disk
 * @throws TidingsError `invalid_option` if there is nothing at `path` or something at `target`; `store_full`, `store_corrupt`,
 *   `store_failed` and their kin
 */
export async function backUp(path: string, target: string): Promise<Backup> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new TidingsError("invalid_option", `There is no file "${path}" to back up; name the one of the hub.`, {
      field: "path",
    });
  }
  if (existsSync(target)) {
    throw new TidingsError("invalid_option", `"${target}" is there already; name a file that is not.`, {
      field: "target",
    });
  }
  const folder = dirname(resolve(target));
  const part = join(folder, `.tidings-backup-${process.pid}-${Date.now().toString(36)}`);
  try {
    const answer = await run({ path, target, part });
    if ("backup" in answer) return answer.backup;
    throw toError(answer.error);
  } finally {
    rmSync(part, { force: true });
    rmSync(`${part}-journal`, { force: true });
  }
}

function run(order: BackupOrder): Promise<BackupAnswer> {
  const worker = new Worker(new URL("./backup-worker.js", import.meta.url), {
    workerData: order,
    name: "tidings-backup",
  });
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => {
      reject(new TidingsError("store_failed", `The thread that backs up "${order.path}" has ended with ${code}.`));
    });
  });
}
