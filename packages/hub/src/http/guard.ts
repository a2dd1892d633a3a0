import type { IncomingMessage, ServerResponse } from "node:http";
import { TidingsError } from "@tidings/server";
import { isLoopbackAuthority, isLoopbackOrigin } from "./loopback.ts";

/** What stands between the hub and web pages. */
export interface Guard {
  /** Throws unless the request may be answered. @throws TidingsError `not_loopback`, `origin_not_allowed` */
  check(request: IncomingMessage): void;
  /** The CORS headers of the answer to a request that has passed, also to a refusal further on. */
  headers(request: IncomingMessage): Record<string, string>;
  /** Answers a CORS preflight. False if the request is none. */
  answerPreflight(request: IncomingMessage, response: ServerResponse): boolean;
}

/** What a guard goes by. */
export interface GuardOptions {
  readonly corsOrigin: readonly string[];
  readonly hasKeys: boolean;
  /** Tokens may come as a cookie, which a browser sends to another origin only if it is allowed by name. */
  readonly hasCookie: boolean;
}

/** What a page may read beside the headers that are always safe. */
const EXPOSED_HEADERS = "Allow, Retry-After, WWW-Authenticate, X-Request-Id";
const PREFLIGHT_HEADERS = {
  "access-control-allow-methods": "GET, HEAD, POST, DELETE",
  "access-control-allow-headers":
    "Accept, Authorization, Cache-Control, Content-Type, Idempotency-Key, Last-Event-ID, X-Request-Id",
  // Two hours, at which Chromium caps it.
  "access-control-max-age": "7200",
};

/**
 * Without keys, the `Host` must be a loopback one, and so must the `Origin` where there is one, unless it is in `corsOrigin`.
 * Without the first, a site could point its own name at 127.0.0.1 (DNS rebinding) and read everything; without the second, any
 * page in a browser on this machine could publish.
 *
 * With keys, it is tokens that keep others out, and a page has none that it was not given; only pages in `corsOrigin` may read
 * the answers. A cookie has a check of its own, `assertOwnPage`.
 */
export function createGuard({ corsOrigin, hasKeys, hasCookie }: GuardOptions): Guard {
  const everyOrigin = corsOrigin.includes("*");

  function isAllowed(origin: string): boolean {
    return everyOrigin || corsOrigin.includes(origin) || (!hasKeys && isLoopbackOrigin(origin));
  }

  function headers(request: IncomingMessage): Record<string, string> {
    const { origin } = request.headers;
    const isNamed = origin !== undefined && corsOrigin.includes(origin);
    if (everyOrigin && !(isNamed && hasCookie))
      return { "access-control-allow-origin": "*", "access-control-expose-headers": EXPOSED_HEADERS };
    if (origin === undefined || !isAllowed(origin)) return { vary: "Origin" };
    return {
      "access-control-allow-origin": origin,
      ...(isNamed && hasCookie && { "access-control-allow-credentials": "true" }),
      "access-control-expose-headers": EXPOSED_HEADERS,
      vary: "Origin",
    };
  }

  return {
    check(request) {
      const { host, origin } = request.headers;
      // HTTP/1.0 knows no Host, and no browser leaves it out.
      if (!hasKeys && host !== undefined && !isLoopbackAuthority(host)) {
        throw new TidingsError(
          "not_loopback",
          `The Host "${host}" is not a loopback one. Without keys the hub serves this machine only: call it as 127.0.0.1 or localhost; a proxy in front of it must send such a Host.`,
          { field: "Host" },
        );
      }
      if (origin === undefined || isAllowed(origin) || (hasKeys && !isPreflight(request))) return;
      throw new TidingsError(
        hasKeys ? "origin_not_allowed" : "not_loopback",
        `Pages of the origin "${origin}" may not call this hub. Start it with --cors-origin ${origin === "null" ? "'*'" : origin} to let them.`,
        { field: "Origin" },
      );
    },
    headers,
    answerPreflight(request, response) {
      if (!isPreflight(request)) return false;
      response.writeHead(204, PREFLIGHT_HEADERS).end();
      return true;
    },
  };
}

function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
}
