import type { Hub } from "../hub/types.ts";
import { toReadableStream } from "../transports/readable-stream.ts";
import { decide, type HandlerOptions } from "./handler-options.ts";

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

/** Answers a web-standard request with the hub's decision. `own` is the framework's request. */
export async function respond<Own>(
  hub: Hub,
  own: Own,
  request: Request,
  options: HandlerOptions<Own>,
): Promise<Response> {
  const { method, url, headers } = request;
  const admission = await decide(hub, own, { method, url, header: (name) => headers.get(name) ?? undefined }, options);
  if (admission.kind === "refusal") {
    return new Response(admission.status === 204 ? null : admission.body, admission);
  }
  return new Response(toReadableStream(admission, request.signal), { headers: admission.headers });
}
