import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { unacknowledgedBytes } from "./send-queue.ts";

/** A request of node:http, or of node:http2 through its compatibility API. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
/** A response of node:http, or of node:http2 through its compatibility API. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/**
 * Fixes a response's status and headers: the stream's, and what middleware has set (CORS, cookies).
 *
 * Through `writeHead`, because middleware that adds its headers at the last moment has put itself there, and so that
 * `headersSent` tells everyone else that the response is taken.
 *
 * @throws Error `ERR_HTTP_HEADERS_SENT` if it is taken already, and what middleware throws
 */
export function writeHead(response: NodeResponse, headers: Readonly<Record<string, string>>): void {
  response.removeHeader("content-encoding");
  response.removeHeader("content-length");
  const { vary, ...own } = headers;
  for (const [name, value] of Object.entries(own)) response.setHeader(name, value);
  // Others have said what else it varies by: CORS, by the origin.
  if (vary !== undefined) response.appendHeader("vary", vary);
  response.writeHead(200);
}

/**
 * Bytes of a socket on their way to its reader, as far as anyone can tell: those that the operating system has yet to take,
 * and those it has taken and the reader has not acknowledged. Moves with every acknowledgement, also while one large
 * write goes out.
 */
export function queuedBytes(socket: object | null): number {
  const { _handle: handle } = (socket ?? {}) as { _handle?: { writeQueueSize?: number; fd?: number } | null };
  return (handle?.writeQueueSize ?? 0) + unacknowledgedBytes(handle?.fd ?? -1);
}
