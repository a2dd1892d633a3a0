import type { Publication } from "../ports/store.ts";
import type { Offset } from "../positions.ts";

/** A publication in memory, with its block once somebody needed it. */
export class TailRecord {
  readonly publication: Publication;
  readonly #encode: (publication: Publication) => Uint8Array;
  #block: Uint8Array | undefined = undefined;

  constructor(publication: Publication, encode: (publication: Publication) => Uint8Array) {
    this.publication = publication;
    this.#encode = encode;
  }

  /** The encoded block; made at first use, once for all readers. */
  block(): Uint8Array {
    this.#block ??= this.#encode(this.publication);
    return this.#block;
  }
}

/** The bounds of a tail. What the last flush has not passed yet is kept beyond them. */
export interface TailBounds {
  readonly records: number;
  readonly bytes: number;
}

/** Some seconds of a busy hub: enough for a reader that comes back at once to find all it missed here. */
export const TAIL_BOUNDS: TailBounds = { records: 8_192, bytes: 8 * 1024 * 1024 };

/** How many dead slots may stand at the front before the array is cut: rare enough to cost nothing, small enough to hold nothing. */
const SLACK = 1_024;

/** The newest publications of the log, from which readers take their last step into the present. */
export class Tail {
  /** Everything after this offset, up to the head, is here. */
  floor: Offset;
  /** The newest offset the log has told of. */
  head: Offset;
  #records: (TailRecord | undefined)[] = [];
  #start = 0;
  #bytes = 0;
  readonly #bounds: TailBounds;

  constructor(head: Offset, bounds: TailBounds) {
    this.#bounds = bounds;
    this.floor = head;
    this.head = head;
  }

  add(record: TailRecord): void {
    this.#records.push(record);
    this.#bytes += weigh(record);
    this.head = record.publication.offset;
  }

  /** Whether all that follows `offset` is here. */
  covers(offset: Offset): boolean {
    return offset >= this.floor;
  }

  /** The records after one offset and up to another, in order. */
  *between(after: Offset, through: Offset): Generator<TailRecord> {
    for (let at = this.#find(after); at < this.#records.length; at++) {
      const record = this.#records[at] as TailRecord;
      if (record.publication.offset > through) return;
      yield record;
    }
  }

  /** Drops what is over the bounds, but nothing after `flushed`, which audiences have yet to get. */
  evict(flushed: Offset): void {
    while (this.#records.length - this.#start > this.#bounds.records || this.#bytes > this.#bounds.bytes) {
      const oldest = this.#records[this.#start];
      if (oldest === undefined || oldest.publication.offset > flushed) return;
      this.#dropOldest(oldest);
    }
  }

  /** Drops everything up to an offset: what was deleted must not be told from memory. */
  forget(through: Offset): void {
    for (;;) {
      const oldest = this.#records[this.#start];
      if (oldest === undefined || oldest.publication.offset > through) break;
      this.#dropOldest(oldest);
    }
    this.floor = Math.max(this.floor, through);
  }

  #dropOldest(oldest: TailRecord): void {
    this.#bytes -= weigh(oldest);
    this.floor = oldest.publication.offset;
    this.#records[this.#start++] = undefined;
    if (this.#start < SLACK) return;
    this.#records = this.#records.slice(this.#start);
    this.#start = 0;
  }

  /** The place of the first record after `offset`, by bisection: offsets rise but may skip. */
  #find(offset: Offset): number {
    let low = this.#start;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#records[middle] as TailRecord).publication.offset <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Data, its block, and what an object costs. */
function weigh({ publication }: TailRecord): number {
  return 2 * (publication.data?.length ?? 0) + 256;
}
