import type { EventSourceOptions } from "./options.ts";
import { isHttp } from "./request.ts";

/**
 * Asks, after an attempt that got no response, whether another would be futile: "if res is a network error, then
 * reestablish the connection, unless the user agent knows that to be futile, in which case the user agent may fail the
 * connection".
 *
 * To a page, a server that refuses it (CORS) looks like one that is down. What a browser's own `EventSource` knows is
 * found out here: a request whose response nobody may read gets through, and after it one like the first still does
 * not, so that it was not a server that came up in between.
 */
export async function isFutile(url: URL, request: RequestInit, options: EventSourceOptions): Promise<boolean> {
  // Nothing else can be fetched at a second try either: not ftp:, not mailto:, and `fetch` refuses a URL with a password.
  if (!isHttp(url) || url.username !== "" || url.password !== "") return true;
  // There is no CORS without a page, within an origin, or with a `fetch` that asks in its own way.
  const origin = globalThis.location?.origin;
  if (origin === undefined || origin === url.origin || options.fetch !== undefined) return false;
  const { headers: _, ...blind } = request;
  return (await gets(url, { ...blind, mode: "no-cors" })) && !(await gets(url, request));
}

/** Whether a request gets a response, which is not waited for any further. */
async function gets(url: URL, request: RequestInit): Promise<boolean> {
  // A response that may not be read has no body to cancel.
  const attempt = new AbortController();
  const abort = (): void => attempt.abort();
  request.signal?.addEventListener("abort", abort);
  try {
    await fetch(url, { ...request, signal: attempt.signal });
    return true;
  } catch {
    return false;
  } finally {
    request.signal?.removeEventListener("abort", abort);
    abort();
  }
}
