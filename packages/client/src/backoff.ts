/** What the time until the next attempt depends on. */
export interface BackoffOptions {
  /** Attempts that failed since the last healthy stream, this one included: 1 for the first. */
  readonly failures: number;
  /** The reconnection time, in milliseconds. */
  readonly retry: number;
  /** Whether the server named it. */
  readonly isTold: boolean;
  /** What waiting grows to. */
  readonly maxDelay: number;
  readonly random: () => number;
}

/** Where doubling starts, also after a server that asked to come back at once. */
const SHORTEST = 100;

/** A server's own wish is obeyed beyond `maxDelay`, but not for ever. */
const A_DAY = 86_400_000;

/**
 * Milliseconds until the next attempt: exponential, with full jitter, so that readers who lost the same server do not come
 * back as one. A server that names its reconnection time is taken at its word the first time (a Tidings hub names
 * another to each reader), and never met sooner.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoff({ failures, retry, isTold, maxDelay, random }: BackoffOptions): number {
  const first = Math.min(retry, A_DAY);
  const least = isTold ? first : 0;
  const most = failures === 1 ? first : Math.min(Math.max(first, SHORTEST) * 2 ** (failures - 1), maxDelay);
  return least + random() * Math.max(most - least, 0);
}

/**
 * Milliseconds that a `Retry-After` asks for: seconds, or a date. A date is measured by the server's own clock if it
 * tells it. Undefined if there is none, or none that can be read.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function parseRetryAfter(headers: Headers, date: number): number | undefined {
  const value = headers.get("retry-after") ?? "";
  const wait = /^\d+$/.test(value)
    ? Number(value) * 1000
    : Date.parse(value) - (Date.parse(headers.get("date") ?? "") || date);
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), A_DAY);
}
