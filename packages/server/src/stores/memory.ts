import type { Dropped, Opened, OpenOptions, Store, TailEntry } from "../ports/store.ts";
import type { Lineage } from "../positions.ts";
import { toRetentionPolicy } from "../retention.ts";
import { MemoryLog } from "./memory/log.ts";
import { readLatest, readLog } from "./memory/read.ts";
import type { LogBounds } from "./shared/bounds.ts";
import { beginEpoch } from "./shared/lineage.ts";
import { gaveUpWaiting, notOpen } from "./shared/refusals.ts";

/** Options of {@link memory}. */
export interface MemoryOptions {
  /** Default 100,000 keys, 10,000 watermarks, 100,000 ends, 1,000 epochs. */
  readonly bounds?: Partial<LogBounds>;
}

const BOUNDS: LogBounds = { keys: 100_000, watermarks: 10_000, ends: 100_000, epochs: 1_000 };

const RETENTION = { maxCount: 1_000, maxTotalBytes: 64 * 1024 * 1024 };

/** A turn is given back after this many topics, so that a trim of very many does not hold up delivery. */
const TRIM_STEP = 1_000;

/**
 * A store in the memory of this process: it forgets everything with it, and promises nothing beyond it. By default it
 * holds 1,000 publications of each topic, and 64 MiB in all, which it never exceeds.
 *
 * It may be closed and opened again, and is then a log like any other: what it held is there, under a new epoch.
 */
export function memory(options: MemoryOptions = {}): Store {
  const bounds = { ...BOUNDS, ...options.bounds };
  const log = new MemoryLog(bounds, toRetentionPolicy({}, RETENTION));
  const waiting: (() => void)[] = [];
  let lineage: Lineage = [];
  let opened: OpenOptions | undefined;
  let listener: (entries: readonly TailEntry[]) => void = ignore;

  function use(): OpenOptions {
    if (opened === undefined) throw notOpen();
    return opened;
  }

  function deliver(entries: readonly TailEntry[]): void {
    if (entries.length > 0) listener(entries);
  }

  return {
    kind: "memory",

    get dropped(): Dropped {
      return { keys: log.keys.dropped, watermarks: log.watermarks.dropped, ends: log.droppedEnds };
    },

    async open(given): Promise<Opened> {
      const policy = toRetentionPolicy(given.retention, RETENTION);
      while (opened !== undefined) await turnOf(waiting, given.signal);
      opened = given;
      log.setPolicy(policy);
      lineage = beginEpoch(lineage, given.createEpoch(), log.head, bounds.epochs);
      return { lineage, head: log.head };
    },

    tail(_after, given) {
      use();
      listener = given;
    },

    // Not async: the promise is settled when it is returned, and a publisher in a loop waits for one microtask only.
    append(batch) {
      try {
        const entries: TailEntry[] = [];
        const appended = log.append(batch, use().now(), entries);
        deliver(entries);
        return Promise.resolve(appended);
      } catch (error) {
        return Promise.reject(error);
      }
    },

    async read(request) {
      use();
      return readLog(log, request);
    },

    async latest(request) {
      use();
      return readLatest(log, request);
    },

    async offsetBefore(time) {
      use();
      return log.order.lastBefore(time);
    },

    async topics({ limit, after }) {
      use();
      return log.names.after(after, limit).flatMap((name) => {
        const topic = log.topics.get(name);
        return topic === undefined ? [] : log.summarize(topic);
      });
    },

    async deleteTopic(topic) {
      use();
      const entries: TailEntry[] = [];
      const deleted = log.delete(topic, entries);
      deliver(entries);
      return deleted;
    },

    async trim() {
      const trimming = use();
      const now = trimming.now();
      log.keys.expire(now);
      let looked = 0;
      for (const topic of log.topics.values()) {
        const entries: TailEntry[] = [];
        log.trimTopic(topic, now, entries);
        deliver(entries);
        if (++looked % TRIM_STEP !== 0) continue;
        await new Promise((resolve) => setImmediate(resolve));
        if (opened !== trimming) return;
      }
    },

    async check() {
      use();
    },

    async close() {
      if (opened === undefined) return;
      opened = undefined;
      listener = ignore;
      waiting.shift()?.();
    },
  };
}

/** Settles when the opener before has closed. */
function turnOf(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      signal.removeEventListener("abort", settle);
      const at = waiting.indexOf(settle);
      if (at !== -1) waiting.splice(at, 1);
      if (signal.aborted) reject(gaveUpWaiting(signal));
      else resolve();
    };
    if (signal.aborted) return settle();
    signal.addEventListener("abort", settle);
    waiting.push(settle);
  });
}

function ignore(): void {}
