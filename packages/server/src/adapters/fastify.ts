import type { FastifyReply, FastifyRequest } from "fastify";
import type { Hub } from "../hub/types.ts";
import type { HandlerOptions } from "./handler-options.ts";
import { respond } from "./respond.ts";

/**
 * Serves a hub's streams from Fastify 5.
 *
 * ```ts
 * app.get("/events", fastifyHandler(hub, { topics: ["news"] }));
 * ```
 */
export function fastifyHandler(
  hub: Hub,
  options: HandlerOptions<FastifyRequest> = {},
): (request: FastifyRequest, reply: FastifyReply) => void {
  return (request, reply) => {
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value);
    void respond(hub, request, request.raw, reply.raw, options);
  };
}
