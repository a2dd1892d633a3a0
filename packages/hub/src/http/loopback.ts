import { isIPv4, isIPv6 } from "node:net";

/** `host`, `host:port`, `[v6]` or `[v6]:port`, as in RFC 9110 §7.2. */
const AUTHORITY = /^(?:\[([0-9a-f:.]+)\]|([^\s:/?#@[\]]+))(?::\d{0,5})?$/i;

/**
 * Whether a host name or address (an IPv6 one without brackets) can only mean this machine: 127.0.0.0/8, `::1`,
 * `localhost` or a name under it, which resolvers and browsers never ask the network for (RFC 6761 §6.3).
 */
export function isLoopbackHostname(hostname: string): boolean {
  if (isIPv4(hostname)) return hostname.startsWith("127.");
  if (isIPv6(hostname)) return hostname === "::1";
  return /^(?:[^.\s]+\.)*localhost\.?$/i.test(hostname);
}

/** Whether a `Host` header, or the authority of a request target, names this machine by a loopback name. */
export function isLoopbackAuthority(authority: string): boolean {
  const match = AUTHORITY.exec(authority);
  const hostname = match?.[1] ?? match?.[2];
  return hostname !== undefined && isLoopbackHostname(hostname);
}

/** Whether an `Origin` header is that of a page served from this machine. `null`, an opaque origin, is none. */
export function isLoopbackOrigin(origin: string): boolean {
  const match = /^https?:\/\/(.+)$/i.exec(origin);
  return match !== null && isLoopbackAuthority(match[1] as string);
}
