import type { Core } from "./core.ts";
import { A_DAY, DEFAULT_MAX_DELAY, DEFAULT_RETRY, SHORTEST } from "./times.ts";

/**
 * Milliseconds until the next attempt: exponential, with full jitter, so that readers who lost the same server do not come
 * back as one. A server that names its reconnection time is taken at its word the first time (a Tidings hub names
 * another to each reader), and never met sooner.
 *
 * @param failures attempts that failed since the last healthy stream, this one included: 1 for the first
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoff(
  { environment, options, retry }: Pick<Core, "environment" | "options" | "retry">,
  failures: number,
): number {
  const first = Math.min(retry ?? options.retry ?? DEFAULT_RETRY, A_DAY);
  const least = retry === undefined ? 0 : first;
  const most =
    failures === 1
      ? first
      : Math.min(Math.max(first, SHORTEST) * 2 ** (failures - 1), options.maxDelay ?? DEFAULT_MAX_DELAY);
  return least + environment.random() * Math.max(most - least, 0);
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
