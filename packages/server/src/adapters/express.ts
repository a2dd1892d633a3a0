import type { Request, Response } from "express";
import type { Hub } from "../hub/types.ts";
import type { HandlerOptions } from "./handler-options.ts";
import { respond } from "./respond.ts";

/**
 * Serves a hub's streams from Express 5.
 *
 * ```ts
 * app.get("/events", expressHandler(hub, { topics: (request) => [`users/${request.user.id}`] }));
 * ```
 */
export function expressHandler(
  hub: Hub,
  options: HandlerOptions<Request> = {},
): (request: Request, response: Response) => void {
  return (request, response) => void respond(hub, request, request, response, options);
}
