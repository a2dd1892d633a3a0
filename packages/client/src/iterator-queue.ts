import type { Overflow } from "./types.ts";

/** What has an id. */
interface Identified {
  readonly id: string;
}

/** The events that one iterator has yet to take. */
export interface IteratorQueue<T extends Identified> extends AsyncIterator<T, undefined>, AsyncIterable<T> {
  /** How many wait. */
  readonly size: number;
  /** The id of the last one taken, or where the stream was when the iterator was made. */
  readonly seen: string;
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
  /** The last event id of the stream. */
  readonly seen: string;
  /** One was taken. */
  readonly onTaken: () => void;
  /** The loop was left. */
  readonly onReturn: () => void;
}

type Result<T> = IteratorResult<T, undefined>;

/** Taken items are cut off when they are this many and half of all: soon forgotten, and a move of little. */
const CUT_OFF = 512;

/** Creates a queue that is an iterator on its other side. */
export function createIteratorQueue<T extends Identified>(options: IteratorQueueOptions): IteratorQueue<T> {
  const { limit, overflow, onTaken, onReturn } = options;
  let { seen } = options;
  let items: T[] = [];
  let head = 0;
  let isEnded = false;
  /** Thrown once; after that it is over. */
  let failure: Error | undefined;
  /** Calls of `next` that found nothing. */
  let waiting: ((result: Result<T> | Promise<Result<T>>) => void)[] = [];

  const size = (): number => items.length - head;

  function take(): T {
    const value = items[head++] as T;
    if (head === items.length || (head >= CUT_OFF && 2 * head >= items.length)) {
      items = items.slice(head);
      head = 0;
    }
    return value;
  }

  async function finish(): Promise<Result<T>> {
    const error = failure;
    failure = undefined;
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }

  function clear(): void {
    items = [];
    head = 0;
  }

  function end(error: Error | undefined): void {
    if (isEnded) return;
    isEnded = true;
    failure = error;
    for (const resolve of waiting) resolve(finish());
    waiting = [];
  }

  const queue: IteratorQueue<T> = {
    get size() {
      return size();
    },
    get seen() {
      return seen;
    },
    add(value) {
      if (isEnded) return 0;
      const next = waiting.shift();
      if (next !== undefined) {
        seen = value.id;
        next({ done: false, value });
        return 0;
      }
      items.push(value);
      if (overflow === "pause" || size() <= limit) return 0;
      take();
      return 1;
    },
    end,
    clear,
    async next() {
      if (size() > 0) {
        const value = take();
        seen = value.id;
        onTaken();
        return { done: false, value };
      }
      return isEnded ? finish() : new Promise((resolve) => waiting.push(resolve));
    },
    return() {
      clear();
      end(undefined);
      failure = undefined;
      onReturn();
      return finish();
    },
    [Symbol.asyncIterator]: () => queue,
  };
  return queue;
}
