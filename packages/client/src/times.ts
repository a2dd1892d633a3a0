// How long a stream waits for what, in milliseconds. In a file without imports, so that bundlers write the numbers where they
// are used.

/**
 * How long a first block may take to come after its headers before the connection is told to be open without it. A hub's
 * come together; another server may say nothing for hours.
 */
export const FIRST_BLOCK = 100;

/** How long the body of a refusal is waited for. */
export const PROBLEM_TIMEOUT = 5000;

/** By the protocol a hub that was not heard for two announced intervals may be taken for dead (PROTOCOL.md, 5.4). */
export const MISSED_HEARTBEATS = 2;

/** A stream that was open for so long was healthy, and backing off starts anew. */
export const HEALTHY = 5000;

/** The reconnection time until the server names one. */
export const DEFAULT_RETRY = 1000;

/** What waiting grows to. */
export const DEFAULT_MAX_DELAY = 30_000;

/** Where doubling starts, also after a server that asked to come back at once. */
export const SHORTEST = 100;

/** A server's own wish is obeyed beyond `maxDelay`, but not for ever. */
export const A_DAY = 86_400_000;

/** Timers that are to wait for longer go off at once. About 25 days. */
export const LONGEST = 2 ** 31 - 1;
