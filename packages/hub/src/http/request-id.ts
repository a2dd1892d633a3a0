import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

/** The name of a request, as proxies give it and the log shows it. */
export const REQUEST_ID = "x-request-id";

/** Without the dots of a JWT, so that none that was put here by mistake gets into the log. */
const SANE = /^[\w:+/=-]{1,64}$/;

/** Tells the requests of one process from those of another. */
const PREFIX = randomBytes(4).toString("hex");

let count = 0;

/**
 * Gives a request its id: the one it came with, if that is one, else one of its own. The answer bears it, and
 * {@link requestIdOf} finds it.
 */
export function assignRequestId(request: IncomingMessage, response: ServerResponse): void {
  const given = request.headers[REQUEST_ID];
  const id = typeof given === "string" && SANE.test(given) ? given : `${PREFIX}-${(++count).toString(36)}`;
  request.headers[REQUEST_ID] = id;
  response.setHeader(REQUEST_ID, id);
}

/** The id that a request was given. */
export function requestIdOf(request: IncomingMessage): string {
  return request.headers[REQUEST_ID] as string;
}
