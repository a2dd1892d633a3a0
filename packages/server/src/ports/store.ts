import type { Lineage, Offset } from "../positions.ts";
import type { RetentionOptions } from "../retention.ts";
import type { Subscription } from "../topics.ts";

/** One event accepted by the hub, as the log holds it. */
export interface Publication {
  readonly offset: Offset;
  readonly topic: string;
  /** Absent for the default, `message`. */
  readonly event?: string;
  /** Absent only where the publication ends its topic and says nothing else. */
  readonly data?: string;
  /** When it was accepted, in milliseconds since 1970. */
  readonly time: number;
  /** The topic ends with this publication. */
  readonly end?: true;
}

/** A publication on its way into the log. */
export interface Append {
  readonly topic: string;
  readonly event?: string;
  readonly data?: string;
  readonly end?: true;
  /** An idempotency key, remembered per topic. */
  readonly key?: string;
}

/** What became of an {@link Append}. */
export interface Appended {
  readonly offset: Offset;
  /** The key was known: nothing was stored now, and `offset` is that of the first time. */
  readonly repeated: boolean;
}

/** A subject that was kicked. */
export interface Barred {
  readonly subject: string;
  /** It stays out until then, in milliseconds since 1970. */
  readonly until: number;
}

/** What a store found when it was opened. */
export interface Opened {
  readonly lineage: Lineage;
  /** The highest offset ever given in this log, even if what had it is gone. 0 for a new log. */
  readonly head: Offset;
  /** Who has been given to `bar`, in order; absent in a store without it. */
  readonly barred?: readonly Barred[];
}

/** What happens in a log, in one order that is the same for every reader of the tail. */
export type TailEntry =
  | { readonly type: "publication"; readonly publication: Publication }
  /** Retention took what the topic held up to and with `through`. */
  | { readonly type: "trim"; readonly topic: string; readonly through: Offset }
  /**
   * The topic's history was forgotten, and its end, if it had ended, is lifted: on demand, or with the retention of an
   * ended topic.
   */
  | { readonly type: "delete"; readonly topic: string; readonly through: Offset };

/** A wish to read history. */
export interface ReadRequest {
  /** Only what comes after this offset. */
  readonly after: Offset;
  readonly filter: Subscription;
  /** At most this many publications. */
  readonly limit: number;
  /** About this many bytes of data at most, but always at least one publication. */
  readonly maxBytes: number;
}

/** A piece of history. */
export interface Page {
  /** In order of offset. */
  readonly publications: readonly Publication[];
  /**
   * Everything held that matches up to here is in this page. Above `after` whenever anything has been appended after
   * `after`, so that a reader of quiet topics in a busy log moves on.
   */
  readonly scannedTo: Offset;
  /**
   * The highest offset, 0 if none, up to which something that matches may have been trimmed or deleted: a reader whose
   * position is below has a gap.
   */
  readonly trimmedTo: Offset;
  /** The topics of `filter.topics` that have ended, with the offset of their end. */
  readonly ended: ReadonlyMap<string, Offset>;
}

/** A wish for the newest publications of each topic. */
export interface LatestRequest {
  readonly filter: Subscription;
  /** Only what comes after this offset. 0 for all. */
  readonly after: Offset;
  /** Only what comes before this offset, which is above `after`. Absent for all. */
  readonly before?: Offset;
  /** At most this many of each topic. */
  readonly count: number;
  /** Of the topics that match by pattern, at most this many: those published to last. */
  readonly maxTopics: number;
  /** About this many bytes of data at most, of which the newest in all have theirs first; always at least one. */
  readonly maxBytes: number;
}

/** A topic as the log sees it. */
export interface TopicSummary {
  readonly topic: string;
  /** Publications held. */
  readonly count: number;
  /** Bytes of data held. */
  readonly bytes: number;
  /** Offset of the oldest publication held; absent if none is. */
  readonly first?: Offset;
  /** Offset of the newest publication held; absent if none is. */
  readonly last?: Offset;
  /** When the newest was accepted, in milliseconds since 1970. */
  readonly lastTime?: number;
  readonly ended: boolean;
}

/** What the hub tells a store on opening. */
export interface OpenOptions {
  readonly retention: RetentionOptions;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Gives a new epoch name that no store has ever used. */
  readonly createEpoch: () => string;
  /** Told of failures that belong to no call, such as retention that could not write. */
  readonly onError: (error: unknown) => void;
  /** Gives up waiting for the lock. */
  readonly signal: AbortSignal;
}

/** What a store gave up before its time because a bound on what it remembers was reached, since it was made. */
export interface Dropped {
  /** Idempotency keys: publishing again with one of them stores a second publication. */
  readonly keys: number;
  /** Watermarks: readers from far behind may be told of a gap that is none. */
  readonly watermarks: number;
  /** Ended topics that hold nothing: they can be published to again. */
  readonly ends: number;
}

/**
 * The log behind a hub: an ordered, durable (as far as the store promises) list of publications.
 *
 * Contract, held by every store and proven by the suite in `@tidings/server/testing`:
 *
 * - **Order.** Offsets follow the order of the calls to `append`, and within a call the order of the batch. A batch that
 *   is refused leaves no gap in the numbers that anyone could see as a loss.
 * - **Atomicity.** A batch is stored whole or not at all. Keys are remembered in the same step as the publications.
 * - **Only what is committed is seen.** Nothing appears in the tail, in `read` or in a settled `append` that a crash of
 *   the process could take back (memory promises nothing beyond the process; SQLite: a crash of the machine neither).
 *   Otherwise: append 7, deliver 7, crash, reopen without 7, and a reader at 7 would be ahead of the log.
 * - **Tail before answer.** The tail delivers a publication before the `append` that brought it settles, and delivers
 *   synchronously and in order: trims, deletes and ends at their place among the publications.
 * - **Epochs.** Each opening for writing begins a new epoch at `head + 1`, and only one opener has the log at a time: a
 *   second one waits in `open` until the first has closed (or died).
 * - **Numbers are never used again.** The head is remembered even when the newest publications are deleted: otherwise
 *   delete 9, reopen, append gives 9 again, and a reader at the old 9 would miss the new one.
 * - **Watermarks.** For everything trimmed or deleted, `trimmedTo` tells a reader that comes from below. Their number is
 *   bounded; where one is dropped, a floor rises below which every reader is told so, needlessly for some.
 */
export interface Store {
  /** A word for people: `memory`, `sqlite`. */
  readonly kind: string;

  /** Counts for metrics. */
  readonly dropped: Dropped;

  /**
   * Opens the log for writing, waiting for its lock if another opener holds it, and begins a new epoch.
   *
   * @throws TidingsError `store_failed`, `store_full`, `store_read_only`, `store_corrupt`, `store_too_new`,
   *   `store_driver_missing`, `invalid_option`
   */
  open(options: OpenOptions): Promise<Opened>;

  /**
   * Hands every entry of the log after `after` to `listener`. Called once, after `open` and before the first `append`,
   * with the head. The listener does not throw.
   */
  tail(after: Offset, listener: (entries: readonly TailEntry[]) => void): void;

  /**
   * Appends a batch, whole or not at all.
   *
   * A key that is known for its topic gives the first result again, even if the topic has ended since. Half a surrogate
   * pair in event or data is stored as U+FFFD, as any encoder would send it.
   *
   * @throws TidingsError `topic_ended` or `idempotency_conflict` (same key, other content), each with the `index` at
   *   fault; `store_failed` and its kin
   */
  append(batch: readonly Append[]): Promise<readonly Appended[]>;

  /** Reads on from an offset. @throws TidingsError `store_failed` and its kin */
  read(request: ReadRequest): Promise<Page>;

  /** The newest publications of each topic, all in order of offset. @throws TidingsError `store_failed` and its kin */
  latest(request: LatestRequest): Promise<Page>;

  /**
   * The offset of the last publication accepted before `time` (milliseconds since 1970), so that reading after it gives
   * what came at `time` or later; 0 if all that is held is younger.
   */
  offsetBefore(time: number): Promise<Offset>;

  /** Topics that hold something or have ended, in order of name, at most `limit` (those after `after`, if given). */
  topics(request: { readonly limit: number; readonly after?: string }): Promise<readonly TopicSummary[]>;

  /** Forgets a topic's history, keys and end. Settles with false if there was nothing to forget. */
  deleteTopic(topic: string): Promise<boolean>;

  /** Applies retention by age, count and bytes now, and forgets old keys. The hub calls it at intervals. */
  trim(): Promise<void>;

  /** Settles if the store can be written now; a failed disk that has recovered is found out here. */
  check(): Promise<void>;

  /**
   * Remembers a subject that stays out, in place of what was said of it before, for the next opening: the last 10,000 of
   * those whose time is not over. Not there in a store that does not outlive the process.
   *
   * @throws TidingsError `store_failed` and its kin
   */
  bar?(barred: Barred): Promise<void>;

  /** Settles when what was appended is as safe as it gets and the lock is free. */
  close(): Promise<void>;
}
