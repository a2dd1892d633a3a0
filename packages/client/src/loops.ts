import type { Core } from "./core.ts";
import { ClientError } from "./errors.ts";
import { createIteratorQueue, type IteratorQueue } from "./iterator-queue.ts";
import type { EventStream, StreamEvent } from "./types.ts";

/** One loop. */
export type Loop = IteratorQueue<StreamEvent>;

/** The loops over a stream: each has a queue of the events that it has yet to take. */
export interface Loops {
  /** One more, from the event on that comes next. */
  open(): Loop;
  add(event: StreamEvent): void;
  /** Between two reads. Settles when more may be read; undefined if it may be at once. */
  wait(): Promise<void> | undefined;
  /** The id after the last event that every loop has taken. */
  seen(): string;
  /** The stream is closed. @param isDropped what they have not taken is dropped */
  end(error: ClientError | undefined, isDropped?: boolean): void;
}

const DEFAULT_LIMIT = 1000;

/**
 * Creates what a stream needs once somebody loops over it.
 *
 * @param onTaken a loop has taken an event, or one that held the reading up is gone
 */
export function createLoops(core: Core, stream: EventStream, onTaken: () => void): Loops {
  const { limit = DEFAULT_LIMIT, overflow = "pause" } = core.options.queue ?? {};
  const queues = new Set<Loop>();
  let dropped = 0;
  /** Ends the pause that a full queue makes. */
  let readOn: (() => void) | undefined;

  function isAnyFull(): boolean {
    return overflow === "pause" && [...queues].some(({ size }) => size >= limit);
  }

  function go(): void {
    if (!readOn || isAnyFull()) return;
    onTaken();
    readOn();
    readOn = undefined;
  }

  return {
    open() {
      const queue = createIteratorQueue<StreamEvent>({
        limit,
        overflow,
        seen: core.lastEventId,
        onTaken() {
          onTaken();
          go();
        },
        onReturn() {
          if (!queues.has(queue)) return;
          // With all that it has not taken, which is not seen.
          if (queues.size === 1) return stream.close();
          queues.delete(queue);
          go();
        },
      });
      if (stream.status === "closed") queue.end(stream.error, true);
      else queues.add(queue);
      return queue;
    },
    add(event) {
      for (const queue of queues) dropped += queue.add(event);
    },
    wait() {
      if (dropped) {
        const message = `An iterator was too slow: ${dropped} events dropped.`;
        core.tell("error", new ClientError("dropped", message, { count: dropped }));
        dropped = 0;
      }
      if (!isAnyFull()) return undefined;
      return new Promise((resolve) => {
        readOn = resolve;
      });
    },
    seen() {
      const [slowest] = [...queues].sort((a, b) => b.size - a.size);
      return slowest?.size ? slowest.seen : core.lastEventId;
    },
    end(error, isDropped) {
      for (const queue of queues) queue.end(error, isDropped);
    },
  };
}
