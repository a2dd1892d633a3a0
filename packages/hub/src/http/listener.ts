import { createServer, type IncomingMessage, type RequestListener, type Server, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { type ErrorCode, TidingsError } from "@tidings/server";
import type { Logger } from "pino";
import { takeQueryToken } from "../auth/credentials.ts";
import type { Guard } from "./guard.ts";
import { toProblemResponse, writeProblem } from "./problems.ts";
import { assignRequestId, requestIdOf } from "./request-id.ts";

/** Who answers what. */
export interface Listeners {
  readonly guard: Guard;
  /** `?authorization=` may hold a token. */
  readonly takesQueryTokens: boolean;
  /** Answers `GET /events`. */
  readonly events: RequestListener;
  /** Answers everything else. */
  readonly routes: RequestListener;
  /** Told of what none of them has seen. */
  readonly refused: (code: ErrorCode) => void;
  readonly log: Logger;
  readonly bounds: ListenerBounds;
}

/** What no client may exceed, before anybody has looked at who it is. Times in milliseconds. */
export interface ListenerBounds {
  readonly maxSockets: number;
  readonly headerTimeout: number;
  readonly requestTimeout: number;
  readonly idleTimeout: number;
}

/** The 100 topics that one reader may name, of 256 bytes each, percent-encoded, do not fit into Node's 16 KiB. */
const MAX_HEADER_BYTES = 128 * 2 ** 10;
/** How late, at worst, a request that takes too long is ended: this part of the time that its headers may take. */
const CHECKS = 5;
/** On every answer that does not know better. */
const HEADERS: Readonly<Record<string, string>> = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/**
 * The HTTP server of the hub: the guard first, then streams apart from all the rest. A stream lives for hours, and what a
 * framework keeps for each request would be most of its memory.
 */
export function createHttpServer(listeners: Listeners): Server {
  const { guard, takesQueryTokens, events, routes, refused, bounds, log } = listeners;
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      // Counted from the start of the connection too: one on which nothing comes is as good as a header that takes too long.
      headersTimeout: Math.min(bounds.headerTimeout, bounds.requestTimeout),
      requestTimeout: bounds.requestTimeout,
      keepAliveTimeout: bounds.idleTimeout,
      connectionsCheckingInterval: Math.ceil(bounds.headerTimeout / CHECKS),
    },
    (request, response) => {
      normalizeTarget(request);
      takeQueryToken(request, takesQueryTokens);
      assignRequestId(request, response);
      for (const name in HEADERS) response.setHeader(name, HEADERS[name] as string);
      const headers = guard.headers(request);
      for (const name in headers) response.setHeader(name, headers[name] as string);
      try {
        guard.check(request);
      } catch (error) {
        const { code } = error as TidingsError;
        refused(code);
        log.debug(
          { request: requestIdOf(request), method: request.method, path: pathOf(request), code },
          "turned away",
        );
        writeProblem(response, error as TidingsError);
        return;
      }
      if (guard.answerPreflight(request, response)) return;
      if (isStreamRequest(request)) {
        log.debug({ request: requestIdOf(request), method: "GET", path: "/events" }, "a reader asks");
        events(request, response);
      } else routes(request, response);
    },
  );
  server.maxConnections = bounds.maxSockets;
  server.on("drop", () => refused("too_many_connections"));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => refuseRequest(error, socket as Socket, refused));
  return server;
}

/** RFC 9112 §3.2.2: a target in absolute form is to be accepted, and its authority goes before the `Host` header. */
function normalizeTarget(request: IncomingMessage): void {
  const match = /^https?:\/\/([^/?#]*)(.*)$/i.exec(request.url as string);
  if (match === null) return;
  request.headers.host = match[1] as string;
  request.url = (match[2] as string).startsWith("/") ? (match[2] as string) : `/${match[2] as string}`;
}

/** The path of a request, which may be shown: what follows `?` may not. */
export function pathOf({ url = "" }: IncomingMessage): string {
  return url.split("?", 1)[0] as string;
}

function isStreamRequest({ method, url = "" }: IncomingMessage): boolean {
  return method === "GET" && (url === "/events" || url.startsWith("/events?"));
}

/** Answers what is not even HTTP, where there is still somebody to answer. */
function refuseRequest(error: NodeJS.ErrnoException, socket: Socket, refused: Listeners["refused"]): void {
  if (error.code === "ECONNRESET" || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const [code, message] = describeFault(error);
  refused(code);
  const { status, headers, body } = toProblemResponse(new TidingsError(code, message));
  const lines = Object.entries({ ...headers, connection: "close", "content-length": String(Buffer.byteLength(body)) });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`,
  );
}

function describeFault({ code }: NodeJS.ErrnoException): [ErrorCode, string] {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return [
        "headers_too_large",
        `The request line and headers are larger than ${MAX_HEADER_BYTES} bytes; name fewer topics, or use a pattern.`,
      ];
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return ["request_timeout", "The request took too long to come in. Send it whole, and at once."];
    default:
      return ["bad_request", "This is not a complete HTTP/1.1 request."];
  }
}
