import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { createAddressOf } from "../src/http/addresses.ts";

function addressOf(trusted: readonly string[], peer: string | undefined, forwarded?: string): string | undefined {
  const request = { socket: { remoteAddress: peer }, headers: { "x-forwarded-for": forwarded } };
  return createAddressOf(trusted)(request as unknown as IncomingMessage);
}

describe("where a request comes from", () => {
  test.each<[string, readonly string[], string | undefined, string | undefined, string | undefined]>([
    ["its socket", [], "192.0.2.1", undefined, "192.0.2.1"],
    ["IPv4 mapped into IPv6", [], "::ffff:192.0.2.1", undefined, "192.0.2.1"],
    ["a stranger's header", [], "192.0.2.1", "198.51.100.9", "192.0.2.1"],
    ["a stranger's header, beside a trusted proxy", ["10.0.0.0/8"], "192.0.2.1", "198.51.100.9", "192.0.2.1"],
    ["a trusted proxy's header", ["10.0.0.0/8"], "10.1.2.3", "198.51.100.9", "198.51.100.9"],
    ["the same, mapped", ["10.0.0.0/8"], "::ffff:10.1.2.3", "198.51.100.9", "198.51.100.9"],
    [
      "what the caller wrote itself stands further left",
      ["10.0.0.1"],
      "10.0.0.1",
      "1.1.1.1, 198.51.100.9",
      "198.51.100.9",
    ],
    ["two proxies", ["10.0.0.0/8", "fd00::/8"], "fd00::1", "1.1.1.1, 198.51.100.9, 10.0.0.2", "198.51.100.9"],
    ["proxies and nobody else", ["10.0.0.0/8"], "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["a trusted proxy that says nothing", ["10.0.0.1"], "10.0.0.1", undefined, "10.0.0.1"],
    ["nonsense", ["10.0.0.1"], "10.0.0.1", "198.51.100.9, unknown", "10.0.0.1"],
    ["a port", ["10.0.0.1"], "10.0.0.1", "198.51.100.9:4711", "198.51.100.9"],
    ["IPv6 with a port", ["10.0.0.1"], "10.0.0.1", "[2001:db8:1:2:3:4:5:6]:4711", "2001:db8:1:2::/64"],
    ["IPv6: what one customer has", [], "2001:db8::1", undefined, "2001:db8:0:0::/64"],
    ["IPv6 with a zone", [], "fe80::1%eth0", undefined, "fe80:0:0:0::/64"],
    ["this machine", [], "::1", undefined, "::1"],
    ["a socket that is gone", [], undefined, "198.51.100.9", undefined],
  ])("%s", (_name, trusted, peer, forwarded, expected) => {
    expect(addressOf(trusted, peer, forwarded)).toBe(expected);
  });
});
