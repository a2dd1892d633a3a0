import type { IncomingMessage } from "node:http";
import { TidingsError } from "@tidings/server";

/** A token as it came. */
export interface Credentials {
  readonly token: string;
  /** A browser sends a cookie along with whatever any page asks for. */
  readonly isCookie: boolean;
}

const PARAMETER = "authorization";

/**
 * Takes `?authorization=` out of a request's target, so that nothing that shows the target shows a token. Where it is allowed it
 * counts like the header, which goes before it.
 */
export function takeQueryToken(request: IncomingMessage, isAllowed: boolean): void {
  const { url = "", headers } = request;
  const at = url.indexOf("?");
  // Percent-encoded, any of its letters may look different.
  if (at === -1 || !/authorization|%/i.test(url)) return;
  const parts = url.slice(at + 1).split("&");
  const others = parts.filter((part) => !isParameter(part));
  if (others.length === parts.length) return;
  const tokens = new URLSearchParams(url.slice(at)).getAll(PARAMETER);
  request.url = url.slice(0, at) + (others.length > 0 ? `?${others.join("&")}` : "");
  // Two of them are no token, and are refused as such.
  if (isAllowed) headers.authorization ??= `Bearer ${tokens.join(" ")}`;
}

/**
 * The token of a request: of the `Authorization` header, else of the cookie.
 *
 * @throws TidingsError `invalid_token` if the header holds something else (RFC 6750 §2.1)
 */
export function findCredentials({ headers }: IncomingMessage, cookie: string | undefined): Credentials | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) {
    const token = /^Bearer +([\w.~+/-]+=*) *$/i.exec(authorization)?.[1];
    if (token !== undefined) return { token, isCookie: false };
    throw new TidingsError("invalid_token", 'The Authorization header must be "Bearer <token>", with one token.', {
      field: "Authorization",
    });
  }
  const token = cookie === undefined ? undefined : readCookie(headers.cookie, cookie);
  return token === undefined || token === "" ? undefined : { token, isCookie: true };
}

/** The first of this name: a browser sends that of the longest path first (RFC 6265 §5.4). */
function readCookie(header: string | undefined, name: string): string | undefined {
  const pair = header?.split(";").find((part) => part.trimStart().startsWith(`${name}=`));
  return pair?.slice(pair.indexOf("=") + 1).trim();
}

function isParameter(part: string): boolean {
  return new URLSearchParams(part).has(PARAMETER);
}
