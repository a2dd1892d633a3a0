import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { decide, type HandlerOptions } from "../adapters/handler-options.ts";
import type { Hub, Refusal, Stream } from "../hub/types.ts";
import { openHttp2Stream } from "./http2.ts";
import { openSocketStream } from "./socket.ts";

/** A request of node:http, or of node:http2 through its compatibility API. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
/** A response of node:http, or of node:http2 through its compatibility API. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** Answers a request of Node's with the hub's decision: a stream, or a complete response. */
export async function respond<Request>(
  hub: Hub,
  request: Request,
  incoming: NodeRequest,
  outgoing: NodeResponse,
  options: HandlerOptions<Request>,
): Promise<void> {
  const parts = {
    method: incoming.method ?? "GET",
    url: incoming.url ?? "",
    header: (name: string) => incoming.headers[name]?.toString(),
  };
  const admission = await decide(hub, request, parts, options);
  if (admission.kind === "refusal") answer(outgoing, admission);
  else openStream(incoming, outgoing, admission);
}

function answer(outgoing: NodeResponse, { status, headers, body }: Refusal): void {
  outgoing.statusCode = status;
  for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
  outgoing.end(body);
}

function openStream(incoming: NodeRequest, outgoing: NodeResponse, stream: Stream): void {
  if ("stream" in outgoing) openHttp2Stream(outgoing, stream);
  else openSocketStream(incoming as IncomingMessage, outgoing, stream);
}
