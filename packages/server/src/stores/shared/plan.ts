import type { Append, Appended } from "../../ports/store.ts";
import type { Offset } from "../../positions.ts";
import { toFingerprint } from "./fingerprint.ts";
import { idempotencyConflict, topicEnded } from "./refusals.ts";

/** What is remembered under an idempotency key. */
export interface Remembered {
  readonly offset: Offset;
  readonly fingerprint: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** A key on its way into the log. */
export interface NewKey extends Remembered {
  readonly topic: string;
  readonly key: string;
}

/** What a plan must know of the log. */
export interface Known {
  readonly head: Offset;
  /** What is remembered under a key that has not expired at `time`. */
  key(topic: string, key: string, time: number): Remembered | undefined;
  hasEnded(topic: string): boolean;
}

/** What storing a batch comes to. */
export interface Plan {
  /** One for each of the batch, in its order; those not repeated are to be stored at `offset`. */
  readonly appended: readonly Appended[];
  /** The keys to remember with them. */
  readonly keys: Iterable<NewKey>;
}

const NO_KEYS: Iterable<NewKey> = [];

/**
 * Decides on a batch as if its publications came one after the other, without storing anything yet: a batch that is
 * refused leaves no trace, in whatever store.
 *
 * @throws TidingsError `topic_ended`, `idempotency_conflict`, with the `index` at fault
 */
export function planBatch(batch: readonly Append[], known: Known, time: number): Plan {
  // Of its length at once: the first `push` would make space for 17.
  const appended = new Array<Appended>(batch.length);
  let next = known.head + 1;
  let keys: Map<string, NewKey> | undefined;
  let ended: Set<string> | undefined;
  for (let index = 0; index < batch.length; index++) {
    const append = batch[index] as Append;
    const { topic, key } = append;
    if (key !== undefined) {
      const fingerprint = toFingerprint(append);
      // A topic has no control characters, so NUL parts the two without doubt.
      const name = `${topic}\0${key}`;
      const first = keys?.get(name) ?? known.key(topic, key, time);
      if (first !== undefined) {
        if (first.fingerprint !== fingerprint) throw idempotencyConflict(topic, index);
        appended[index] = { offset: first.offset, repeated: true };
        continue;
      }
      keys ??= new Map();
      keys.set(name, { topic, key, offset: next, fingerprint, time });
    }
    if (known.hasEnded(topic) || ended?.has(topic)) throw topicEnded(topic, index);
    if (append.end) {
      ended ??= new Set();
      ended.add(topic);
    }
    appended[index] = { offset: next++, repeated: false };
  }
  return { appended, keys: keys?.values() ?? NO_KEYS };
}
