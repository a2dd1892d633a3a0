import type { Hub } from "../hub/types.ts";
import { type NodeRequest, type NodeResponse, respond } from "../transports/node-response.ts";
import type { HandlerOptions } from "./handler-options.ts";

export type { NodeRequest, NodeResponse } from "../transports/node-response.ts";

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
