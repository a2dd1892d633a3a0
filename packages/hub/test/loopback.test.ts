import { describe, expect, test } from "vitest";
import { isLoopbackAuthority, isLoopbackHostname, isLoopbackOrigin } from "../src/http/loopback.ts";

describe("a host name that can only mean this machine", () => {
  test.each([
    "127.0.0.1",
    "127.255.255.254",
    "::1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "app.localhost",
    "a.b.localhost",
  ])("%s", (name) => expect(isLoopbackHostname(name)).toBe(true));

  test.each([
    "",
    "0.0.0.0",
    "128.0.0.1",
    "10.0.0.1",
    "127.0.0.1.evil.example",
    "127.evil.example",
    "127.1",
    "localhost.evil.example",
    "notlocalhost",
    ".localhost",
    "local host",
    "::",
    "::2",
    "fe80::1",
    "evil.example",
  ])("not %j", (name) => expect(isLoopbackHostname(name)).toBe(false));
});

test.each([
  ["127.0.0.1:4400", true],
  ["127.0.0.1", true],
  ["localhost:1", true],
  ["[::1]:4400", true],
  ["[::1]", true],
  ["[::2]:4400", false],
  ["::1", false],
  ["evil.example:4400", false],
  ["evil.example@127.0.0.1:4400", false],
  ["127.0.0.1:4400@evil.example", false],
  ["127.0.0.1:4400/evil.example", false],
  ["127.0.0.1 evil.example", false],
  ["", false],
  [":4400", false],
])("authority %j: %s", (authority, expected) => expect(isLoopbackAuthority(authority)).toBe(expected));

test.each([
  ["http://localhost:5173", true],
  ["https://127.0.0.1", true],
  ["http://[::1]:3000", true],
  ["http://app.localhost", true],
  ["null", false],
  ["", false],
  ["localhost", false],
  ["file://localhost", false],
  ["https://evil.example", false],
  ["http://localhost.evil.example", false],
  ["http://127.0.0.1.evil.example:80", false],
])("origin %j: %s", (origin, expected) => expect(isLoopbackOrigin(origin)).toBe(expected));
