import type { Runtime } from "../ports/runtime.ts";

/** Something that is due at a time of its own. */
export interface Deadline<Item> {
  readonly item: Item;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Its index among the others, -1 when it is no longer among them; the heap's own. */
  place: number;
}

/**
 * The longest that the timer waits before it looks at the clock again: a clock may be set, and no timer waits for longer
 * than 2^31 - 1 ms, which a far deadline is beyond.
 */
const LONGEST_WAIT = 60_000;

/** Any number of things that are due some time, earliest first, in a heap, with one timer between them. */
export class Deadlines<Item> {
  readonly #runtime: Runtime;
  readonly #onDue: (item: Item) => void;
  readonly #heap: Deadline<Item>[] = [];
  #stopTimer: (() => void) | undefined;
  /** When the timer looks at the clock. */
  #wakes = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor(runtime: Runtime, onDue: (item: Item) => void) {
    this.#runtime = runtime;
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#heap.length;
  }

  add(item: Item, time: number): Deadline<Item> {
    const deadline = { item, time, place: this.#heap.length };
    this.#heap.push(deadline);
    this.#rise(deadline);
    this.#arm();
    return deadline;
  }

  /** Forgets one. Nothing happens if it was due already, or has been removed. */
  remove(deadline: Deadline<Item>): void {
    const { place } = deadline;
    if (place === -1) return;
    const last = this.#heap.pop() as Deadline<Item>;
    deadline.place = -1;
    if (last !== deadline) {
      this.#put(last, place);
      this.#rise(last);
      this.#sink(last);
    }
    if (this.#heap.length === 0) this.#disarm();
  }

  /** Tells of everything that is due by now, which the timer may be about to. */
  run(): void {
    if (this.#heap.length === 0) return;
    const now = this.#runtime.now();
    for (let first = this.#heap[0]; first !== undefined && first.time <= now; first = this.#heap[0]) {
      this.remove(first);
      this.#onDue(first.item);
    }
  }

  /** Nothing is told of any more. */
  stop(): void {
    this.#isStopped = true;
    this.#disarm();
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || this.#isStopped) return;
    const now = this.#runtime.now();
    const wait = Math.min(Math.max(0, Math.ceil(first.time - now)), LONGEST_WAIT);
    if (this.#stopTimer !== undefined && this.#wakes <= now + wait) return;
    this.#disarm();
    this.#wakes = now + wait;
    this.#stopTimer = this.#runtime.after(wait, () => {
      this.#disarm();
      this.run();
      this.#arm();
    });
  }

  #disarm(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#wakes = Number.POSITIVE_INFINITY;
  }

  #rise(deadline: Deadline<Item>): void {
    while (deadline.place > 0) {
      const above = this.#heap[(deadline.place - 1) >>> 1] as Deadline<Item>;
      if (above.time <= deadline.time) return;
      this.#swap(above, deadline);
    }
  }

  #sink(deadline: Deadline<Item>): void {
    for (;;) {
      const left = this.#heap[2 * deadline.place + 1];
      const right = this.#heap[2 * deadline.place + 2];
      if (left === undefined) return;
      const below = right !== undefined && right.time < left.time ? right : left;
      if (below.time >= deadline.time) return;
      this.#swap(deadline, below);
    }
  }

  #swap(above: Deadline<Item>, below: Deadline<Item>): void {
    const { place } = above;
    this.#put(above, below.place);
    this.#put(below, place);
  }

  #put(deadline: Deadline<Item>, place: number): void {
    deadline.place = place;
    this.#heap[place] = deadline;
  }
}
