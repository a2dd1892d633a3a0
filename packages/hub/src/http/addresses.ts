import type { IncomingMessage } from "node:http";
import { BlockList, isIP, isIPv6 } from "node:net";

/** Where a request comes from, as far as it can be believed. Undefined when its socket is gone. */
export type AddressOf = (request: IncomingMessage) => string | undefined;

const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;

/**
 * Tells requests apart by address. Of proxies that are trusted, `X-Forwarded-For` is believed: from the right, where each proxy
 * adds who called it, to the first that is no such proxy. What a caller has written there itself stands further left. Of
 * anyone else the header is not looked at.
 *
 * An IPv6 address is given as its /64, which is the least that one customer has: who has one has them all.
 *
 * @param trusted addresses and networks (`10.0.0.0/8`) of proxies
 */
export function createAddressOf(trusted: readonly string[]): AddressOf {
  const proxies = new BlockList();
  for (const entry of trusted) {
    const [address = "", bits] = entry.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(bits), family);
  }
  const isProxy = (address: string): boolean => proxies.check(address, isIPv6(address) ? "ipv6" : "ipv4");

  return ({ socket, headers }) => {
    const peer = toAddress(socket.remoteAddress ?? "");
    if (peer === undefined) return undefined;
    let caller = peer;
    // node:http joins several of these headers with commas.
    const forwarded = headers["x-forwarded-for"]?.toString().split(",") ?? [];
    while (isProxy(caller)) {
      const next = toAddress(forwarded.pop()?.trim() ?? "");
      // Nothing, or nonsense: the proxy itself is all that is known.
      if (next === undefined) break;
      caller = next;
    }
    return isIPv6(caller) ? toNetwork(caller) : caller;
  };
}

/** An address without the port that some proxies add, and without the mapping of IPv4 into IPv6. */
function toAddress(text: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(text) ?? [];
  const address = (bracketed ?? plain ?? text).replace(MAPPED, "").replace(/%.*$/, "");
  return isIP(address) === 0 ? undefined : address;
}

/** `2001:db8::1` as `2001:db8:0:0::/64`; the loopback address as itself. */
function toNetwork(address: string): string {
  // As the URL standard writes it: hexadecimal, without leading zeros.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  if (head === "" && tail === "1") return "::1";
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after];
  return `${groups.slice(0, 4).join(":")}::/64`;
}
