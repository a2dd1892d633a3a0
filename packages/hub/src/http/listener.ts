import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
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
}

/** The 100 topics that one reader may name, of 256 bytes each, percent-encoded, do not fit into Node's 16 KiB. */
const MAX_HEADER_BYTES = 128 * 2 ** 10;
/** Longer than proxies keep an idle connection, mostly 60 s, so that it is they who close it and no request is lost to it. */
const KEEP_ALIVE_TIMEOUT = 72_000;
/** On every answer that does not know better. */
const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/**
 * The HTTP server of the hub: the guard first, then streams apart from all the rest. A stream lives for hours, and what a
 * framework keeps for each request would be most of its memory.
 */
export function createHttpServer({ guard, takesQueryTokens, events, routes, refused, log }: Listeners): Server {
  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_TIMEOUT },
    (request, response) => {
      normalizeTarget(request);
      takeQueryToken(request, takesQueryTokens);
      assignRequestId(request, response);
      for (const [name, value] of Object.entries({ ...HEADERS, ...guard.headers(request) }))
        response.setHeader(name, value);
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
  const [code, message]: [ErrorCode, string] =
    error.code === "HPE_HEADER_OVERFLOW"
      ? [
          "headers_too_large",
          `The request line and headers are larger than ${MAX_HEADER_BYTES} bytes; name fewer topics, or use a pattern.`,
        ]
      : ["bad_request", "This is not a complete HTTP/1.1 request."];
  refused(code);
  const { status, headers, body } = toProblemResponse(new TidingsError(code, message));
  const lines = Object.entries({ ...headers, connection: "close", "content-length": String(Buffer.byteLength(body)) });
  const reason = status === 431 ? "Request Header Fields Too Large" : "Bad Request";
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`,
  );
}
