import type { IncomingMessage } from "node:http";
import { TidingsError } from "../errors.ts";
import { toRefusal } from "../hub/admission.ts";
import type { Hub, Refusal, Stream } from "../hub/types.ts";
import type { Sink } from "../ports/sink.ts";
import type { NodeRequest, NodeResponse } from "../transports/node.ts";
import { openResponseStream } from "../transports/response.ts";
import { openSocketStream } from "../transports/socket.ts";
import { canTakeSocket } from "../transports/take-socket.ts";
import { decide, type HandlerOptions, type RequestParts } from "./handler-options.ts";

/**
 * Answers a request of Node's with the hub's decision: a stream, or a complete response. Never rejects.
 *
 * @param request the framework's own request
 */
export async function respond<Request>(
  hub: Hub,
  request: Request,
  incoming: NodeRequest,
  outgoing: NodeResponse,
  options: HandlerOptions<Request>,
): Promise<void> {
  try {
    const admission = expectsBody(incoming)
      ? toRefusal(new TidingsError("bad_request", "A stream is asked for without a body; leave it out."))
      : await decide(hub, request, toParts(incoming), options);
    if (admission.kind === "refusal") answer(outgoing, admission);
    else openStream(incoming, outgoing, admission);
  } catch (error) {
    // Something else has answered in the meantime (a time limit, say), or middleware has thrown.
    hub.report(error);
    if (!outgoing.headersSent) cut(outgoing);
  }
}

/** What is to be read off a request of Node's. */
export function toParts(incoming: NodeRequest): RequestParts {
  return {
    method: incoming.method ?? "GET",
    url: incoming.url ?? "",
    header: (name) => incoming.headers[name]?.toString(),
  };
}

/**
 * With HTTP/1.x, what follows the request on the wire is a body or another request, and a stream has no use for either.
 * One that has been read already (by a body parser, say) is none of our business.
 */
function expectsBody({ method, httpVersionMajor, headers, readableEnded }: NodeRequest): boolean {
  if (method !== "GET" || httpVersionMajor !== 1 || readableEnded) return false;
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function answer(outgoing: NodeResponse, { status, headers, body }: Refusal): void {
  outgoing.statusCode = status;
  for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
  outgoing.end(body);
}

function openStream(incoming: NodeRequest, outgoing: NodeResponse, stream: Stream): void {
  try {
    if ("stream" in outgoing || !canTakeSocket(incoming as IncomingMessage, outgoing)) {
      openResponseStream(incoming, outgoing, stream);
    } else openSocketStream(incoming as IncomingMessage, outgoing, stream);
  } catch (error) {
    // Nothing was opened, and the hub has kept a place.
    stream.open(GONE).closed();
    throw error;
  }
}

function cut(outgoing: NodeResponse): void {
  if ("stream" in outgoing) outgoing.stream.destroy();
  else outgoing.destroy();
}

/** The transport of a reader who left before the stream began. */
const GONE: Sink = { write() {}, buffered: 0, progress: 0, transport: "none", end() {}, destroy() {} };
