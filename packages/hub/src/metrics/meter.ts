import type { DisconnectReason, ErrorCode } from "@tidings/server";

/**
 * What has happened since the start. The one place where it is counted: `/metrics` and `/stats` both read here. Nothing in it
 * grows with topics, readers or what they send: every key is of a closed set.
 */
export interface Meter {
  readonly disconnects: ReadonlyMap<DisconnectReason, number>;
  readonly refusals: ReadonlyMap<ErrorCode, number>;
  /** To be told of every connection that closed. */
  disconnected(reason: DisconnectReason): void;
  /** To be told of every request that was answered with an error. */
  refused(code: ErrorCode): void;
}

/** Counts from nothing. */
export function createMeter(): Meter {
  const disconnects = new Map<DisconnectReason, number>();
  const refusals = new Map<ErrorCode, number>();
  return {
    disconnects,
    refusals,
    disconnected: (reason) => count(disconnects, reason),
    refused: (code) => count(refusals, code),
  };
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
