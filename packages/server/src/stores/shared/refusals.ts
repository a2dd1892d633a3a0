import { TidingsError } from "../../errors.ts";

/** The refusal of an append to a topic that has ended. */
export function topicEnded(topic: string, index: number): TidingsError {
  return new TidingsError("topic_ended", `"${topic}" has ended; delete the topic to publish to it again.`, {
    field: "topic",
    index,
  });
}

/** The refusal of a known idempotency key that comes with other content. */
export function idempotencyConflict(topic: string, index: number): TidingsError {
  return new TidingsError(
    "idempotency_conflict",
    `This idempotency key was used for "${topic}" with other content; give every publication a key of its own.`,
    { field: "idempotencyKey", index },
  );
}

/** The refusal of every call to a store that is not open. */
export function notOpen(): TidingsError {
  return new TidingsError("store_failed", "The store is not open; call open() first, and nothing after close().");
}

/** The refusal of an opening that was called off while it waited for the lock. */
export function gaveUpWaiting(signal: AbortSignal): TidingsError {
  return new TidingsError("store_failed", "Opening was called off while another opener held the store.", {
    cause: signal.reason,
  });
}
