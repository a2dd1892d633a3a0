import { TidingsError } from "../../errors.ts";
import type { Dropped, OpenOptions, Page, Store, TopicSummary } from "../../ports/store.ts";
import type { Offset } from "../../positions.ts";
import { toRetentionPolicy } from "../../retention.ts";
import type { LogBounds } from "../shared/bounds.ts";
import { notOpen } from "../shared/refusals.ts";
import { Link } from "./link.ts";
import { RETENTION } from "./retention.ts";

export { type Backup, backUp } from "./backup.ts";

/** Options of {@link sqlite}. */
export interface SqliteOptions {
  /**
   * Bytes that may wait for the disk, data and 256 for each publication; beyond it appends are refused with
   * `store_failed`. Default 64 MiB.
   */
  readonly maxQueuedBytes?: number;
  /** Default 1,000,000 keys, 10,000 watermarks, 100,000 ends, 1,000 epochs. */
  readonly bounds?: Partial<LogBounds>;
}

const BOUNDS: LogBounds = { keys: 1_000_000, watermarks: 10_000, ends: 100_000, epochs: 1_000 };

const MAX_QUEUED_BYTES = 64 * 1024 * 1024;

/**
 * A store in one SQLite file. What it has acknowledged is on the disk, with fsync, and survives kill -9 and a power cut.
 * It works in a thread of its own, so that a slow disk never holds up delivery, and commits together what comes
 * together. By default it holds 10,000 publications of each topic, and 1 GiB in all.
 *
 * Beside the file it keeps `<path>-wal` and `<path>-shm`, which are part of it, and `<path>-lock`, which says by being
 * locked that a hub has it open. All on a local disk: locks of network file systems are not to be trusted. The SQLite is
 * that of Node (22.13 or newer), else that of `better-sqlite3`.
 */
export function sqlite(path: string, options: SqliteOptions = {}): Store {
  const bounds = { ...BOUNDS, ...options.bounds };
  const linkOptions = { maxQueuedBytes: options.maxQueuedBytes ?? MAX_QUEUED_BYTES };
  let link: Link | undefined;
  let opened: OpenOptions | undefined;
  let droppedBefore: Dropped = { keys: 0, watermarks: 0, ends: 0 };

  /** Asks in the turn of the call: the order of the calls is the order of the log. */
  function ask<T>(question: (link: Link, options: OpenOptions) => Promise<T>): Promise<T> {
    return link === undefined || opened === undefined ? Promise.reject(notOpen()) : question(link, opened);
  }

  return {
    kind: "sqlite",

    get dropped(): Dropped {
      return link === undefined ? droppedBefore : add(droppedBefore, link.dropped);
    },

    async open(given) {
      assertPath(path);
      toRetentionPolicy(given.retention, RETENTION);
      if (link !== undefined) {
        throw new TidingsError("store_failed", "This store is open already; make another with sqlite().");
      }
      const { retention, onError, signal, createEpoch } = given;
      const opening = new Link({ path, retention, bounds, epoch: createEpoch() }, linkOptions, onError);
      link = opening;
      try {
        const found = await opening.open(signal);
        opened = given;
        return found;
      } catch (error) {
        await opening.close();
        if (link === opening) link = undefined;
        throw error;
      }
    },

    tail(_after, listener) {
      if (link === undefined || opened === undefined) throw notOpen();
      link.listener = listener;
    },

    append: (batch) => ask((to, { now }) => to.append(batch, now())),
    read: (request) => ask((to) => to.call<Page>({ type: "read", request })),
    latest: (request) => ask((to) => to.call<Page>({ type: "latest", request })),
    offsetBefore: (time) => ask((to) => to.call<Offset>({ type: "offsetBefore", time })),
    topics: (request) => ask((to) => to.call<readonly TopicSummary[]>({ type: "topics", ...request })),
    deleteTopic: (topic) => ask((to) => to.call<boolean>({ type: "delete", topic })),
    trim: () => ask((to, { now }) => to.call<void>({ type: "trim", now: now() })),
    bar: (barred) => ask((to, { now }) => to.call<void>({ type: "bar", barred, now: now() })),
    check: () => ask((to) => to.call<void>({ type: "check" })),

    async close() {
      const closing = link;
      opened = undefined;
      if (closing === undefined) return;
      await closing.close();
      if (link !== closing) return;
      droppedBefore = add(droppedBefore, closing.dropped);
      link = undefined;
    },
  };
}

function assertPath(path: string): void {
  if (path !== "" && !/^(:|file:)/.test(path) && !path.includes("\0")) return;
  throw new TidingsError("invalid_option", `"${path}" is no file; name one, or use memory() to keep nothing.`, {
    field: "path",
  });
}

function add(a: Dropped, b: Dropped): Dropped {
  return { keys: a.keys + b.keys, watermarks: a.watermarks + b.watermarks, ends: a.ends + b.ends };
}
