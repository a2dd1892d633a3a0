import type { Overflow } from "./types.ts";

/** What has an id. */
interface Identified {
  readonly id: string;
}

/** The events that one iterator has yet to take. */
export interface IteratorQueue<T extends Identified> {
  next(): Promise<Result<T>>;
  return(): Promise<Result<T>>;
  /** How many wait. */
  readonly size: number;
  /** The id of the last one taken, or where the stream was when the iterator was made. */
  readonly seen: string;
  /** Returns how many it dropped. */
  add(value: T): number;
  /** No more come. What waits is still given unless it is dropped, then the error is thrown, if there is one. */
  end(error: Error | undefined, isDropped?: boolean): void;
}

/** How an iterator is made, and what it tells. */
export interface IteratorQueueOptions {
  readonly limit: number;
  readonly overflow: Overflow;
  /** The last event id of the stream. */
  readonly seen: string;
  /** One was taken. */
  readonly onTaken: () => void;
  /** The loop is left; what it has not taken is dropped after this. */
  readonly onReturn: () => void;
}

type Result<T> = IteratorResult<T, undefined>;

/** Creates a queue that is an iterator on its other side. */
export function createIteratorQueue<T extends Identified>(options: IteratorQueueOptions): IteratorQueue<T> {
  const { limit, overflow, onTaken, onReturn } = options;
  let { seen } = options;
  let added: T[] = [];
  /** Those in front of the added, the next one last: so neither end of a long queue is slow. */
  let ready: T[] = [];
  let isEnded = false;
  /** Thrown once; after that it is over. */
  let failure: Error | undefined;
  /** Calls of `next` that found nothing. */
  let waiting: ((result: Result<T> | Promise<Result<T>>) => void)[] = [];

  const size = (): number => added.length + ready.length;

  function take(): T {
    if (!ready.length) {
      ready = added.reverse();
      added = [];
    }
    return ready.pop() as T;
  }

  function see(value: T): Result<T> {
    seen = value.id;
    return { done: false, value };
  }

  async function finish(): Promise<Result<T>> {
    const error = failure;
    failure = undefined;
    if (error) throw error;
    return { done: true, value: undefined };
  }

  function end(error: Error | undefined, isDropped?: boolean): void {
    if (isDropped) {
      added = [];
      ready = [];
      failure = undefined;
    }
    if (isEnded) return;
    isEnded = true;
    failure = error;
    for (const resolve of waiting) resolve(finish());
    waiting = [];
  }

  return {
    get size() {
      return size();
    },
    get seen() {
      return seen;
    },
    add(value) {
      const next = waiting.shift();
      if (next) {
        next(see(value));
        return 0;
      }
      added.push(value);
      if (overflow === "pause" || size() <= limit) return 0;
      take();
      return 1;
    },
    end,
    async next() {
      if (size()) {
        const result = see(take());
        onTaken();
        return result;
      }
      return isEnded ? finish() : new Promise((resolve) => waiting.push(resolve));
    },
    return() {
      onReturn();
      end(undefined, true);
      return finish();
    },
  };
}
