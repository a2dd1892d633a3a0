import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseArguments } from "../src/cli/arguments.ts";
import { loadConfig } from "../src/config/load.ts";
import { type HubConfig, OPTIONS } from "../src/config/options.ts";
import { UsageError } from "../src/config/usage-error.ts";
import { testDirectory } from "./support/cli.ts";

const TABLE = { ...OPTIONS, config: { kind: OPTIONS.data.kind, help: "" } };

function load(line: string, environment: Record<string, string> = {}, file?: unknown): HubConfig {
  const args = line === "" ? [] : line.split(" ");
  const path = join(testDirectory(), "tidings.json");
  if (file !== undefined) {
    writeFileSync(path, typeof file === "string" ? file : JSON.stringify(file));
    args.push("--config", path);
  }
  return loadConfig(parseArguments(args, TABLE).flags, environment);
}

describe("precedence", () => {
  test("nothing said is nothing set", () => expect(load("")).toEqual({}));

  test("a flag goes before a variable, a variable before the file", () => {
    const file = { port: 1, host: "127.0.0.3", drain: "3s", maxCount: 5 };
    const environment = { TIDINGS_PORT: "2", TIDINGS_HOST: "127.0.0.2", OTHER: "x" };
    expect(load("--port 3", environment, file)).toEqual({ port: 3, host: "127.0.0.2", drain: 3000, maxCount: 5 });
  });

  test("the file may be named by a variable", () => {
    const path = join(testDirectory(), "hub.json");
    writeFileSync(path, '{"port": 7}');
    expect(loadConfig({}, { TIDINGS_CONFIG: path })).toEqual({ port: 7 });
  });

  test.each<[string, Record<string, string>, unknown, HubConfig]>([
    ["--memory", { TIDINGS_DATA: "a.db" }, { data: "b.db" }, { memory: true }],
    ["", { TIDINGS_DATA: "a.db" }, { memory: true }, { data: "a.db" }],
    ["--data c.db", { TIDINGS_MEMORY: "true" }, {}, { data: "c.db" }],
    ["", { TIDINGS_MEMORY: "false" }, { data: "b.db" }, { data: "b.db", memory: false }],
  ])("where the history lives is one choice: %j %j %j", (line, environment, file, expected) => {
    expect(load(line, environment, file)).toEqual(expected);
  });
});

describe("values", () => {
  test.each<[string, HubConfig]>([
    ["--port 0", { port: 0 }],
    ["--host ::1", { host: "::1" }],
    ["--publish-rate 100/s --publish-burst 500", { publishRate: { count: 100, per: 1000 }, publishBurst: 500 }],
    ["--publish-rate 6/m", { publishRate: { count: 6, per: 60_000 } }],
    ["--trust-proxy 10.0.0.0/8,::1 --trust-proxy 127.0.0.1", { trustProxy: ["10.0.0.0/8", "::1", "127.0.0.1"] }],
    ["--header-timeout 5s --request-timeout 1m", { headerTimeout: 5000, requestTimeout: 60_000 }],
    ["--host [::1]", { host: "::1" }],
    ["--drain 500ms", { drain: 500 }],
    ["--drain 1.5s", { drain: 1500 }],
    ["--drain 0", { drain: 0 }],
    ["--max-age 7d", { maxAge: 604_800_000 }],
    ["--max-age none", { maxAge: Number.POSITIVE_INFINITY }],
    ["--max-bytes 64KiB", { maxBytes: 65_536 }],
    ["--max-bytes 1.5kb", { maxBytes: 1500 }],
    ["--max-total-bytes 12", { maxTotalBytes: 12 }],
    [
      "--cors-origin https://a.example --cors-origin https://b.example:8443,*",
      { corsOrigin: ["https://a.example", "https://b.example:8443", "*"] },
    ],
    ["--slow-consumer latest --log-level warn", { slowConsumer: "latest", logLevel: "warn" }],
    ["--compression none", { compression: "none" }],
    ["--data=--odd", { data: "--odd" }],
    ["--host 0.0.0.0", { host: "0.0.0.0" }],
    ["--host hub.example", { host: "hub.example" }],
    ["--public a/* --public b,c", { public: ["a/*", "b,c"] }],
    ["--jwt-alg RS256,ES256 --jwt-alg EdDSA", { jwtAlg: ["RS256", "ES256", "EdDSA"] }],
    ["--jwt-secret a,b --jwt-secret c", { jwtSecret: ["a,b", "c"] }],
    ["--jwt-cookie __Host-tidings --jwt-query", { jwtCookie: "__Host-tidings", jwtQuery: true }],
  ])("%s", (line, expected) => expect(load(line)).toEqual(expected));

  test("the file holds JSON of the same settings, and bounds by topic", () => {
    const file = {
      port: 4401,
      memory: true,
      corsOrigin: ["https://a.example"],
      maxBytes: 2048,
      retention: { "orders/**": { maxAge: "1h", maxCount: 100 }, "orders/42": { maxBytes: "1MiB" } },
    };
    expect(load("", {}, file)).toEqual({
      ...file,
      retention: { "orders/**": { maxAge: 3_600_000, maxCount: 100 }, "orders/42": { maxBytes: 1_048_576 } },
    });
  });
});

describe("what cannot be meant names itself and what is allowed", () => {
  test.each([
    ["--prot 1", /^--prot is not a flag of this command\. Did you mean --port\?$/],
    ["-p 1", /^-p is not a flag/],
    ["--port", /^--port needs a value: a whole number from 0 to 65535/],
    ["--data --memory", /^--data needs a value/],
    ["--memory=yes", /^--memory is a switch/],
    ["--port 65536", /^--port is "65536"; it must be a whole number from 0 to 65535\.$/],
    ["--port 1e3", /^--port is "1e3"/],
    ["--host 0.0.0.0:80", /^--host is "0\.0\.0\.0:80"; it must be an address or host name/],
    ["--public a*", /^--public is "a\*"; it must be topics and patterns such as/],
    ["--public tidings:x", /^--public is "tidings:x"/],
    ["--jwks-url ftp://x", /^--jwks-url is "ftp:\/\/x"; it must be an http/],
    ["--jwks-url https://user:word@x", /^--jwks-url is /],
    ["--jwt-alg none", /^--jwt-alg is "none"; it must be one or more of HS256/],
    ["--jwt-cookie a=b", /^--jwt-cookie is "a=b"; it must be the name of a cookie/],
    ["--jwt-secret=", /^--jwt-secret is not shown here; it must be a text that is not empty\.$/],
    ["--drain 5", /^--drain is "5"; it must be a duration with its unit/],
    ["--heartbeat 0s", /^--heartbeat is "0s"; it must be a duration above 0/],
    ["--max-bytes 0", /^--max-bytes is "0"; it must be a number of bytes above 0/],
    ["--max-bytes 1zb", /^--max-bytes is "1zb"/],
    ["--log-level loud", /^--log-level is "loud"; it must be one of debug, info, warn, error, silent/],
    ["--cors-origin https://a.example/", /^--cors-origin is "https:\/\/a\.example\/"; it must be origins/],
    ["--cors-origin null", /^--cors-origin is "null"/],
    ["--data a.db --memory", /^--data and --memory exclude each other/],
    ["--retention x", /^--retention is not a flag/],
  ])("%s", (line, message) => expectUsageError(() => load(line), message));

  test.each<[Record<string, string>, RegExp]>([
    [{ TIDINGS_PORT: "x" }, /^TIDINGS_PORT is "x"; it must be a whole number/],
    [{ TIDINGS_PROT: "1" }, /^TIDINGS_PROT is not a setting\. Did you mean TIDINGS_PORT\?$/],
    [{ TIDINGS_MEMORY: "maybe" }, /^TIDINGS_MEMORY is "maybe"; it must be true or false/],
    [{ TIDINGS_DATA: "a", TIDINGS_MEMORY: "1" }, /^TIDINGS_DATA and TIDINGS_MEMORY exclude each other/],
  ])("%j", (environment, message) => expectUsageError(() => load("", environment), message));

  test.each<[unknown, RegExp]>([
    [{ port: "x" }, /^"port" in \S+tidings\.json is "x"; it must be a whole number/],
    [{ prot: 1 }, /^"prot" in \S+tidings\.json is not a setting\. Did you mean port\?$/],
    [{ drain: 5 }, /^"drain" in \S+tidings\.json is 5; it must be a duration with its unit/],
    [
      { retention: { "a/*": { maxAge: "1 fortnight" } } },
      /^"retention" in \S+tidings\.json is .*; it must be an object such as/,
    ],
    [{ retention: { "a/*": { age: "1h" } } }, /^"retention" in /],
    [[], /^The configuration file \S+tidings\.json must hold one JSON object\.$/],
    ["{", /^The configuration file \S+tidings\.json cannot be read: /],
  ])("file %j", (file, message) => expectUsageError(() => load("", {}, file), message));

  test("a file that is not there", () => {
    expectUsageError(
      () => load("--config /nowhere/tidings.json"),
      /^The configuration file \/nowhere\/tidings\.json cannot be read: ENOENT/,
    );
  });

  test("a wrong value that a stronger one overrides is wrong all the same", () => {
    expectUsageError(() => load("--port 1", { TIDINGS_PORT: "x" }), /^TIDINGS_PORT/);
  });
});

test("a variable holds one secret, and patterns between commas", () => {
  const environment = { TIDINGS_JWT_SECRET: "a,b c", TIDINGS_PUBLIC: "news/**, a" };
  expect(load("", environment)).toEqual({ jwtSecret: ["a,b c"], public: ["news/**", "a"] });
});

test("variables of the other commands are none of the hub's business", () => {
  expect(load("", { TIDINGS_TOKEN: "x", TIDINGS_JWT_PRIVATE_KEY: "x", TIDINGS_URL: "x" })).toEqual({});
});

test("what Kubernetes says of a service named tidings is not meant for the hub", () => {
  const environment = {
    TIDINGS_PORT: "tcp://10.0.0.7:4400",
    TIDINGS_SERVICE_HOST: "10.0.0.7",
    TIDINGS_SERVICE_PORT: "4400",
    TIDINGS_PORT_4400_TCP_ADDR: "10.0.0.7",
  };
  expect(load("", environment)).toEqual({});
});

function expectUsageError(run: () => unknown, message: RegExp): void {
  let error: unknown;
  try {
    run();
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(UsageError);
  expect((error as UsageError).message).toMatch(message);
}
