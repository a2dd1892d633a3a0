import type { Hub } from "../hub/types.ts";
import { type SseOptions, type SseSource, toSourceStream } from "../sse.ts";
import type { NodeRequest, NodeResponse } from "../transports/node.ts";
import { openResponseStream } from "../transports/response.ts";
import { type HandlerOptions, toLastEventId } from "./handler-options.ts";
import { respond, toParts } from "./respond.ts";

export type { SseContext, SseEvent, SseOptions, SseSource } from "../sse.ts";
export type { NodeRequest, NodeResponse } from "../transports/node.ts";

/**
 * Serves a hub's streams from `node:http`, `node:https` or `node:http2`.
 *
 * ```ts
 * createServer(nodeHandler(hub, { topics: ["news"] })).listen(3000);
 * ```
 */
export function nodeHandler(
  hub: Hub,
  options: HandlerOptions<NodeRequest> = {},
): (request: NodeRequest, response: NodeResponse) => void {
  return (request, response) => void respond(hub, request, request, response, options);
}

/**
 * Answers one request with the events of a source, without a hub: no topics, no history. For any method.
 *
 * The source is not asked for its next event before the reader has taken the last; its `signal` fires, and its `finally`
 * runs, when the reader is gone. When it ends, so does the stream; when it throws, the stream is cut, and `onError` told.
 *
 * ```ts
 * createServer((request, response) => sse(request, response, async function* ({ signal }) {
 *   for await (const token of complete(prompt, { signal })) yield { data: token };
 * }));
 * ```
 *
 * @throws TidingsError `invalid_option`; Error `ERR_HTTP_HEADERS_SENT` if the response is taken already
 */
export function sse(request: NodeRequest, response: NodeResponse, source: SseSource, options: SseOptions = {}): void {
  openResponseStream(request, response, toSourceStream(source, toLastEventId(toParts(request)), options));
}
