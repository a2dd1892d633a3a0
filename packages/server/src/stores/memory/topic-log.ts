import type { Publication } from "../../ports/store.ts";
import type { Offset } from "../../positions.ts";
import type { ResolvedRetention } from "../../retention.ts";

/** A publication in memory. It is at once the tail's entry, which saves an object for each. */
export interface Held {
  readonly type: "publication";
  readonly publication: Publication;
  /** Bytes of its data. */
  readonly bytes: number;
  readonly log: TopicLog;
}

/** What is held of one topic, oldest first. Only its front is ever taken away. */
export class TopicLog {
  readonly topic: string;
  retention: ResolvedRetention;
  /** Bytes of data held. */
  bytes = 0;
  /** Offset of the newest publication ever added. */
  last: Offset = 0;
  /** The publication that ended the topic. Kept when it is trimmed for want of space. */
  end: Publication | undefined = undefined;
  /** Neighbours in the order of the newest publication; see `Recency`. */
  older: TopicLog | undefined = undefined;
  newer: TopicLog | undefined = undefined;
  #held: Held[] = [];
  #start = 0;

  constructor(topic: string, retention: ResolvedRetention) {
    this.topic = topic;
    this.retention = retention;
  }

  get count(): number {
    return this.#held.length - this.#start;
  }

  get oldest(): Held | undefined {
    return this.#held[this.#start];
  }

  get newest(): Held | undefined {
    return this.count === 0 ? undefined : this.#held[this.#held.length - 1];
  }

  /** Whether this topic's publication at `offset` has not been taken away. */
  holds(offset: Offset): boolean {
    const oldest = this.oldest;
    return oldest !== undefined && offset >= oldest.publication.offset;
  }

  add(held: Held): void {
    this.#held.push(held);
    this.bytes += held.bytes;
    this.last = held.publication.offset;
    if (held.publication.end) this.end = held.publication;
  }

  /** Takes the oldest away. */
  shift(): Held | undefined {
    const held = this.#held[this.#start];
    if (held === undefined) return undefined;
    this.#start++;
    this.bytes -= held.bytes;
    // Moves the rest only once half of the array is behind, so that each publication is moved once on average, and
    // lets go of what is behind.
    if (this.#start * 2 >= this.#held.length) {
      this.#held = this.#held.slice(this.#start);
      this.#start = 0;
    }
    return held;
  }

  /** Where the publications after `offset` begin, for {@link TopicLog.at}. */
  indexAfter(offset: Offset): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.at(middle) as Held).publication.offset > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The publication at an index counted from the oldest held. */
  at(index: number): Held | undefined {
    return this.#held[this.#start + index];
  }
}
