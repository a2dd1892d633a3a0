import type { Offset } from "../../positions.ts";
import type { Held } from "./topic-log.ts";

interface Chunk {
  held: Held[];
  /** All before this index have been taken away. */
  start: number;
  /** How many have not been taken away. */
  live: number;
}

/** Small enough that going over one chunk is nothing to notice, large enough that the list of chunks stays short. */
const CHUNK = 256;

/**
 * All topics' publications in one order, for readers by pattern and for taking away the oldest of all.
 *
 * Publications go from anywhere in it, since every topic has bounds of its own. So it is cut into chunks: a chunk is
 * rewritten when half of it is gone, and left out when all of it is, and no step ever touches more than one chunk.
 */
export class Chunks {
  #chunks: Chunk[] = [];

  add(held: Held): void {
    let chunk = this.#chunks[this.#chunks.length - 1];
    if (chunk === undefined || chunk.held.length === CHUNK) {
      chunk = { held: [], start: 0, live: 0 };
      this.#chunks.push(chunk);
    }
    chunk.held.push(held);
    chunk.live++;
  }

  /** To be told of every publication after its topic let go of it. */
  forget(offset: Offset): void {
    const at = this.#indexOf(offset);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    chunk.live--;
    if (chunk.live === 0) this.#chunks.splice(at, 1);
    else if (chunk.live * 2 < chunk.held.length - chunk.start) {
      chunk.held = chunk.held.filter(isHeld);
      chunk.start = 0;
    }
  }

  get oldest(): Held | undefined {
    const chunk = this.#chunks[0];
    if (chunk === undefined) return undefined;
    while (!isHeld(chunk.held[chunk.start] as Held)) chunk.start++;
    return chunk.held[chunk.start];
  }

  /** All held after `offset`, in order. */
  *after(offset: Offset): Generator<Held> {
    for (let at = Math.max(0, this.#indexOf(offset)); at < this.#chunks.length; at++) {
      for (const held of (this.#chunks[at] as Chunk).held) {
        if (held.publication.offset > offset && isHeld(held)) yield held;
      }
    }
  }

  /** Offset of the last one held from before `time`, or 0. Times are taken to rise, as clocks by and large do. */
  lastBefore(time: number): Offset {
    let at = lastIndexWhere(this.#chunks, (chunk) => (chunk.held[0] as Held).publication.time < time);
    for (; at >= 0; at--) {
      const held = (this.#chunks[at] as Chunk).held.findLast((each) => each.publication.time < time && isHeld(each));
      if (held !== undefined) return held.publication.offset;
    }
    return 0;
  }

  /** The chunk that `offset` is in, if it is in any. */
  #indexOf(offset: Offset): number {
    return lastIndexWhere(this.#chunks, (chunk) => (chunk.held[0] as Held).publication.offset <= offset);
  }
}

function isHeld(held: Held): boolean {
  return held.log.holds(held.publication.offset);
}

/** The last index at which `holds` is true, where it is true up to some index and false from there on; else -1. */
function lastIndexWhere<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(items[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
