import { Buffer } from "node:buffer";
import type { Append, Appended, TailEntry, TopicSummary } from "../../ports/store.ts";
import type { Offset } from "../../positions.ts";
import { PUBLICATION_OVERHEAD, type RetentionPolicy } from "../../retention.ts";
import type { LogBounds } from "../shared/bounds.ts";
import { type Known, planBatch, type Remembered } from "../shared/plan.ts";
import { toPublication } from "../shared/publication.ts";
import { Chunks } from "./chunks.ts";
import { Keys } from "./keys.ts";
import { Names } from "./names.ts";
import { Recency } from "./recency.ts";
import { type Held, TopicLog } from "./topic-log.ts";
import { Watermarks } from "./watermarks.ts";

/** Told of each topic that was trimmed, and up to where. */
type Trims = Map<string, Offset>;

/**
 * The log in memory: what it holds and how that changes. Reading it is in `read.ts`, opening and closing in
 * `../memory.ts`. Everything here happens in one turn.
 */
export class MemoryLog implements Known {
  head: Offset = 0;
  readonly topics = new Map<string, TopicLog>();
  readonly order = new Chunks();
  readonly recent = new Recency();
  readonly names = new Names((name) => this.topics.has(name));
  readonly watermarks: Watermarks;
  readonly keys: Keys;
  /** Ends given up before their time. */
  droppedEnds = 0;
  readonly #bounds: LogBounds;
  /** Ended topics that hold nothing, in the order in which they came to that. */
  readonly #emptyEnds = new Set<TopicLog>();
  #policy: RetentionPolicy;
  /** Bytes held in the sense of `maxTotalBytes`. */
  #weight = 0;

  constructor(bounds: LogBounds, policy: RetentionPolicy) {
    this.#bounds = bounds;
    this.#policy = policy;
    this.keys = new Keys(bounds.keys);
    this.watermarks = new Watermarks(bounds.watermarks);
  }

  /** Puts another retention in force, from the next append or trim on. */
  setPolicy(policy: RetentionPolicy): void {
    this.#policy = policy;
    for (const log of this.topics.values()) log.retention = policy.for(log.topic);
  }

  /** Appends a batch, whole or not at all, and adds what happened to `entries`. */
  append(batch: readonly Append[], now: number, entries: TailEntry[]): readonly Appended[] {
    const { appended, keys } = planBatch(batch, this, now);
    for (const key of keys) this.keys.add(key);
    let trims: Trims | undefined;
    for (let index = 0; index < batch.length; index++) {
      const { offset, repeated } = appended[index] as Appended;
      if (repeated) continue;
      const log = this.#store(batch[index] as Append, offset, now, entries);
      if (!isOverfull(log)) continue;
      trims ??= new Map();
      this.#trimTopic(log, -Infinity, trims);
    }
    if (this.#weight > this.#policy.maxTotalBytes) {
      trims ??= new Map();
      this.#trimOldest(trims);
    }
    if (trims !== undefined) addTrims(trims, entries);
    return appended;
  }

  key(topic: string, key: string, now: number): Remembered | undefined {
    return this.keys.get(topic, key, now);
  }

  hasEnded(topic: string): boolean {
    return this.topics.get(topic)?.end !== undefined;
  }

  /** Forgets a topic. False if there was nothing to forget. */
  delete(topic: string, entries: TailEntry[]): boolean {
    const hadKeys = this.keys.forgetTopic(topic);
    const log = this.topics.get(topic);
    if (log === undefined && !hadKeys) return false;
    if (log !== undefined) {
      for (let held = log.shift(); held !== undefined; held = log.shift()) this.#forget(held);
      this.#remove(log);
      this.watermarks.raise(topic, log.last);
    }
    entries.push({ type: "delete", topic, through: this.watermarks.of(topic) });
    return true;
  }

  /** Applies every bound to one topic. */
  trimTopic(log: TopicLog, now: number, entries: TailEntry[]): void {
    const cutoff = now - log.retention.maxAge;
    const ended = log.end !== undefined && log.end.time < cutoff;
    const trims: Trims = new Map();
    this.#trimTopic(log, cutoff, trims);
    if (!ended || log.count > 0) addTrims(trims, entries);
    else {
      this.#remove(log);
      entries.push({ type: "delete", topic: log.topic, through: log.last });
    }
  }

  summarize(log: TopicLog): TopicSummary {
    const { oldest, newest } = log;
    const held = oldest !== undefined &&
      newest !== undefined && {
        first: oldest.publication.offset,
        last: newest.publication.offset,
        lastTime: newest.publication.time,
      };
    return { topic: log.topic, count: log.count, bytes: log.bytes, ...held, ended: log.end !== undefined };
  }

  #store(append: Append, offset: Offset, time: number, entries: TailEntry[]): TopicLog {
    let log = this.topics.get(append.topic);
    if (log === undefined) {
      log = new TopicLog(append.topic, this.#policy.for(append.topic));
      this.topics.set(append.topic, log);
      this.names.add(append.topic);
    }
    const publication = toPublication(append, offset, time);
    const bytes = publication.data === undefined ? 0 : Buffer.byteLength(publication.data);
    const held: Held = { type: "publication", publication, bytes, log };
    this.head = offset;
    log.add(held);
    this.order.add(held);
    this.recent.touch(log);
    this.#weight += bytes + PUBLICATION_OVERHEAD;
    entries.push(held);
    return log;
  }

  #trimTopic(log: TopicLog, cutoff: number, trims: Trims): void {
    const { maxCount, maxBytes } = log.retention;
    for (let held = log.oldest; held !== undefined; held = log.oldest) {
      if (log.count <= maxCount && log.bytes <= maxBytes && held.publication.time >= cutoff) break;
      this.#trimOne(held, trims);
    }
  }

  #trimOldest(trims: Trims): void {
    while (this.#weight > this.#policy.maxTotalBytes) {
      const held = this.order.oldest;
      if (held === undefined) break;
      this.#trimOne(held, trims);
    }
  }

  #trimOne(held: Held, trims: Trims): void {
    const { log, publication } = held;
    log.shift();
    this.#forget(held);
    trims.set(log.topic, publication.offset);
    this.watermarks.raise(log.topic, publication.offset);
    if (log.count > 0) return;
    if (log.end === undefined) this.#remove(log);
    else this.#keepEnd(log);
  }

  #forget(held: Held): void {
    this.order.forget(held.publication.offset);
    this.#weight -= held.bytes + PUBLICATION_OVERHEAD;
  }

  #keepEnd(log: TopicLog): void {
    this.#emptyEnds.add(log);
    if (this.#emptyEnds.size <= this.#bounds.ends) return;
    const [oldest] = this.#emptyEnds;
    this.#remove(oldest as TopicLog);
    this.droppedEnds++;
  }

  #remove(log: TopicLog): void {
    log.end = undefined;
    this.#emptyEnds.delete(log);
    this.topics.delete(log.topic);
    this.names.remove(log.topic);
    this.recent.remove(log);
  }
}

/**
 * Whether an append must trim its topic. A sixteenth over the count is let pass, so that a topic that is full does not
 * bring a trim with every publication, for every reader of the tail; bytes are not let pass.
 */
function isOverfull({ count, bytes, retention }: TopicLog): boolean {
  return count > retention.maxCount + Math.floor(retention.maxCount / 16) || bytes > retention.maxBytes;
}

function addTrims(trims: Trims, entries: TailEntry[]): void {
  for (const [topic, through] of trims) entries.push({ type: "trim", topic, through });
}
