import type { IncomingMessage } from "node:http";
import { TidingsError } from "@tidings/server";

const SAFE_METHODS: readonly (string | undefined)[] = ["GET", "HEAD", "OPTIONS"];

/**
 * Throws if a cookie may have been sent along by a page that is none of ours: a browser adds it to whatever any page asks for, and
 * tells the page's origin with all that could change something (Fetch, "append a request `Origin` header").
 *
 * @param origins the pages of other origins that may use it; `*` is none of them
 * @throws TidingsError `origin_not_allowed`
 */
export function assertOwnPage({ method, headers }: IncomingMessage, origins: readonly string[]): void {
  const { origin, host } = headers;
  if (origin === undefined) {
    if (SAFE_METHODS.includes(method)) return;
    throw refuse(
      'A cookie alone is not enough here: send "Origin", as browsers do, or the token as "Authorization: Bearer".',
    );
  }
  if (isOrigin(origin, host) || origins.includes(origin)) return;
  throw refuse(
    `Pages of the origin "${origin}" may not use the cookie of this hub, unless it is started with --cors-origin and that origin.`,
  );
}

/** Behind a proxy that ends TLS the hub does not know its own scheme; the authority is enough. */
function isOrigin(origin: string, host: string | undefined): boolean {
  return host !== undefined && origin.replace(/^https?:\/\//, "") === host.toLowerCase();
}

function refuse(sentence: string): TidingsError {
  return new TidingsError("origin_not_allowed", sentence, { field: "Origin" });
}
