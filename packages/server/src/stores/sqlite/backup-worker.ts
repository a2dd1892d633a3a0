/** The thread that makes a backup: what it asks SQLite for may take minutes. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { TidingsError } from "../../errors.ts";
import type { Backup, BackupAnswer, BackupOrder } from "./backup.ts";
import { type Driver, loadDriver } from "./driver.ts";
import { toStoreError } from "./failures.ts";
import { toErrorData } from "./protocol.ts";
import { isLog } from "./schema.ts";

const order = workerData as BackupOrder;

parentPort?.postMessage(await answer(order));

async function answer({ path, target, part }: BackupOrder): Promise<BackupAnswer> {
  try {
    const connect = await loadDriver();
    copy(connect, path, part);
    const publications = count(connect, part);
    sync(part);
    if (existsSync(target)) {
      throw new TidingsError("invalid_option", `"${target}" has come up meanwhile; name a file that is not there.`, {
        field: "target",
      });
    }
    renameSync(part, target);
    sync(dirname(target));
    const backup: Backup = { publications, bytes: statSync(target).size };
    return { backup };
  } catch (error) {
    return { error: toErrorData(toStoreError(error, target)) };
  }
}

/** One read transaction: the moment it begins at is what is copied, and whoever writes does not wait for it. */
function copy(connect: Driver, path: string, part: string): void {
  const db = connect(path);
  try {
    db.exec("PRAGMA busy_timeout = 5000");
    if (!isLog(db)) throw new TidingsError("store_corrupt", `"${path}" is no log of Tidings; name the file of a hub.`);
    db.prepare("VACUUM INTO ?").run(part);
  } catch (error) {
    // What is not of the file itself is of the one that is written.
    const known = toStoreError(error, path);
    throw known.code === "store_corrupt" ? known : error;
  } finally {
    db.close();
  }
}

function count(connect: Driver, part: string): number {
  const copied = connect(part);
  try {
    return copied.prepare("SELECT total(count) AS count FROM topics").get()?.count as number;
  } finally {
    copied.close();
  }
}

/** SQLite does not for `VACUUM INTO`. https://www.sqlite.org/lang_vacuum.html */
function sync(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
