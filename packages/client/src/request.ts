import type { Environment } from "./environment.ts";
import { ClientError } from "./errors.ts";
import type { Attempt, ConnectOptions } from "./types.ts";

/** What `fetch` is called with. */
export interface Request {
  readonly url: string;
  readonly init: RequestInit;
}

/** What changes from attempt to attempt. */
export interface RequestOptions extends Attempt {
  readonly topics: readonly string[] | undefined;
  readonly lastEventId: string;
}

/**
 * Makes the request of one attempt.
 *
 * The cursor goes as the standard's `Last-Event-ID`, but as `?lastEventId=` to another origin, where that header would need a
 * preflight each time.
 *
 * @throws {ClientError} `headers_failed`
 */
export async function toRequest(
  base: URL,
  options: ConnectOptions<never>,
  environment: Environment,
  { topics, lastEventId, ...attempt }: RequestOptions,
): Promise<Request> {
  const { headers: given, method, body, credentials, from, last } = options;
  const url = new URL(base);
  for (const topic of topics ?? []) url.searchParams.append("topic", topic);

  let headers: Headers;
  try {
    headers = new Headers(typeof given === "function" ? await given(attempt) : given);
  } catch (cause) {
    throw new ClientError("headers_failed", "The headers function failed.", { cause });
  }
  // Hubs that are full say so in a problem document to those who accept one (PROTOCOL.md, 9.5).
  if (!headers.has("accept")) headers.set("accept", "text/event-stream, application/problem+json");

  const origin = environment.origin();
  if (lastEventId === "") {
    if (from !== undefined) url.searchParams.set("from", from);
    if (last !== undefined) url.searchParams.set("last", String(last));
  } else if (origin === undefined || origin === url.origin) headers.set("last-event-id", toByteString(lastEventId));
  else url.searchParams.set("lastEventId", lastEventId);

  // What is undefined is as if it were not there, says Web IDL.
  const init = { method, body, credentials, headers, cache: "no-store", signal: attempt.signal };
  return { url: url.href, init: init as RequestInit };
}

/** Header values are bytes, and an id is UTF-8: each byte as the character of that number. */
function toByteString(text: string): string {
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}
