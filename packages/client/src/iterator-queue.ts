import type { Overflow } from "./types.ts";

/** The events that one iterator has yet to take. */
export interface IteratorQueue<T> extends AsyncIterator<T, undefined>, AsyncIterable<T> {
  /** How many wait. */
  readonly size: number;
  /** The last one taken; undefined if none was. */
  readonly taken: T | undefined;
  /** The last event id when the iterator was made. */
  readonly startedAt: string;
  readonly isFull: boolean;
  /** Returns how many it dropped. */
  add(value: T): number;
  /** No more come. What waits is still given, then the error is thrown, if there is one. */
  end(error: Error | undefined): void;
  /** Drops what waits. */
  clear(): void;
}

/** How an iterator is made, and what it tells. */
export interface IteratorQueueOptions {
  readonly limit: number;
  readonly overflow: Overflow;
  readonly startedAt: string;
  /** One was taken. */
  readonly onTaken: () => void;
  /** The loop was left. */
  readonly onReturn: () => void;
}

type Result<T> = IteratorResult<T, undefined>;

/** Taken items are cut off when they are this many and half of all: soon forgotten, and a move of little. */
const CUT_OFF = 512;

/** Creates a queue that is an iterator on its other side. */
export function createIteratorQueue<T>(options: IteratorQueueOptions): IteratorQueue<T> {
  const { limit, overflow, startedAt, onTaken, onReturn } = options;
  let items: T[] = [];
  let head = 0;
  let taken: T | undefined;
  let ended: { error: Error | undefined } | undefined;
  /** Calls of `next` that found nothing. */
  let waiting: { resolve(result: Result<T>): void; reject(error: Error): void }[] = [];

  const size = (): number => items.length - head;

  function take(): T {
    const value = items[head++] as T;
    if (head === items.length || (head >= CUT_OFF && 2 * head >= items.length)) {
      items = items.slice(head);
      head = 0;
    }
    return value;
  }

  function clear(): void {
    items = [];
    head = 0;
  }

  function end(error: Error | undefined): void {
    if (ended !== undefined) return;
    ended = { error };
    for (const { resolve, reject } of waiting) {
      if (ended.error === undefined) resolve({ done: true, value: undefined });
      else reject(ended.error);
      // An error is thrown once; after that it is over.
      ended.error = undefined;
    }
    waiting = [];
  }

  const queue: IteratorQueue<T> = {
    get size() {
      return size();
    },
    get taken() {
      return taken;
    },
    startedAt,
    get isFull() {
      return size() >= limit;
    },
    add(value) {
      if (ended !== undefined) return 0;
      const next = waiting.shift();
      if (next !== undefined) {
        taken = value;
        next.resolve({ done: false, value });
        return 0;
      }
      items.push(value);
      if (overflow === "pause" || size() <= limit) return 0;
      take();
      return 1;
    },
    end,
    clear,
    next() {
      if (size() > 0) {
        taken = take();
        onTaken();
        return Promise.resolve({ done: false, value: taken });
      }
      if (ended === undefined) return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
      const { error } = ended;
      ended.error = undefined;
      return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
    },
    return() {
      clear();
      end(undefined);
      onReturn();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]: () => queue,
  };
  return queue;
}
