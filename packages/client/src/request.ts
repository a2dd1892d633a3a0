import type { Core } from "./core.ts";
import { ClientError } from "./errors.ts";
import type { Attempt } from "./types.ts";

/**
 * Makes the request of one attempt: what `fetch` is called with.
 *
 * The cursor goes as the standard's `Last-Event-ID`, but as `?lastEventId=` to another origin, where that header would need a
 * preflight each time.
 *
 * @throws {ClientError} `headers_failed`
 */
export async function toRequest(core: Core, attempt: Attempt): Promise<[url: string, init: RequestInit]> {
  const { base, topics = [], options, environment, lastEventId } = core;
  const { headers: given, method, body, credentials, from, last } = options;
  const url = new URL(base);
  const { searchParams } = url;
  for (const topic of topics) searchParams.append("topic", topic);

  let headers: Headers;
  try {
    headers = new Headers(typeof given === "function" ? await given(attempt) : given);
  } catch (cause) {
    throw new ClientError("headers_failed", "The headers function failed.", { cause });
  }
  // Hubs that are full say so in a problem document to those who accept one (PROTOCOL.md, 9.5).
  if (!headers.has("accept")) headers.set("accept", "text/event-stream, application/problem+json");

  const { origin = url.origin } = environment.page;
  if (lastEventId && origin === url.origin) headers.set("last-event-id", toByteString(lastEventId));
  else {
    for (const [name, value] of Object.entries(lastEventId ? { lastEventId } : { from, last })) {
      if (value !== undefined) searchParams.set(name, String(value));
    }
  }

  // What is undefined is as if it were not there, says Web IDL.
  const { signal } = attempt;
  return [url.href, { method, body, credentials, headers, cache: "no-store", signal } as RequestInit];
}

/** Header values are bytes, and an id is UTF-8: each byte as the character of that number. */
function toByteString(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
