/**
 * How much a log remembers beside its history. Where a bound is reached the oldest goes first, and is counted in
 * {@link Store.dropped}.
 */
export interface LogBounds {
  /** Idempotency keys. */
  readonly keys: number;
  /** Topics whose watermark is kept after a trim or delete. Beyond it the floor of the whole log rises. */
  readonly watermarks: number;
  /** Ended topics that hold nothing any more. Beyond it the oldest may be published to again. */
  readonly ends: number;
  /** Epochs of the lineage. Beyond it a reader that comes back with an older one has a gap. */
  readonly epochs: number;
}

/** How long an idempotency key is remembered, in milliseconds: 24 hours. */
export const KEY_LIFETIME = 24 * 60 * 60 * 1000;
