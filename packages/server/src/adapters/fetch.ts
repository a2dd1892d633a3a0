import type { Hub } from "../hub/types.ts";
import { type SseOptions, type SseSource, toSourceStream } from "../sse.ts";
import { toReadableStream } from "../transports/readable-stream.ts";
import { decide, type HandlerOptions, type RequestParts, toLastEventId } from "./handler-options.ts";

export type { SseContext, SseEvent, SseOptions, SseSource } from "../sse.ts";

/**
 * Serves a hub's streams wherever a handler takes a `Request` and gives a `Response`: Next.js and other route handlers,
 * Bun, Deno.
 *
 * ```ts
 * export const GET = fetchHandler(hub, { topics: ["news"] });
 * ```
 */
export function fetchHandler(hub: Hub, options: HandlerOptions<Request> = {}): (request: Request) => Promise<Response> {
  return (request) => respond(hub, request, request, options);
}

/**
 * Answers one request with the events of a source, without a hub: no topics, no history. For any method.
 *
 * The source is not asked for its next event before the reader has taken the last; its `signal` fires, and its `finally`
 * runs, when the reader is gone. When it ends, so does the stream; when it throws, the stream is cut, and `onError` told.
 *
 * ```ts
 * export const POST = (request: Request) => sse(request, async function* ({ signal }) {
 *   for await (const token of complete(await request.json(), { signal })) yield { data: token };
 * });
 * ```
 *
 * @throws TidingsError `invalid_option`
 */
export function sse(request: Request, source: SseSource, options: SseOptions = {}): Response {
  const stream = toSourceStream(source, toLastEventId(toParts(request)), options);
  return new Response(toReadableStream(stream, request.signal), { headers: stream.headers });
}

/** Answers a web-standard request with the hub's decision. `own` is the framework's request. Never rejects. */
export async function respond<Own>(
  hub: Hub,
  own: Own,
  request: Request,
  options: HandlerOptions<Own>,
): Promise<Response> {
  const admission = await decide(hub, own, toParts(request), options);
  if (admission.kind === "stream") {
    return new Response(toReadableStream(admission, request.signal), { headers: admission.headers });
  }
  const { status, headers, body } = admission;
  // A Response refuses even an empty body for a status that has none (Fetch, "initialize a response").
  return new Response(status === 204 ? null : body, { status, headers });
}

function toParts({ method, url, headers }: Request): RequestParts {
  return { method, url, header: (name) => headers.get(name) ?? undefined };
}
