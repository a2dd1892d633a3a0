import type { Context } from "hono";
import type { Hub } from "../hub/types.ts";
import { respond } from "./fetch.ts";
import type { HandlerOptions } from "./handler-options.ts";

/**
 * Serves a hub's streams from Hono 4.
 *
 * ```ts
 * app.get("/events", honoHandler(hub, { topics: ["news"] }));
 * ```
 */
export function honoHandler(hub: Hub, options: HandlerOptions<Context> = {}): (context: Context) => Promise<Response> {
  return async (context) => {
    const response = await respond(hub, context, context.req.raw, options);
    // Through the context, which adds what middleware has set with `context.header`.
    return context.newResponse(response.body, response);
  };
}
