import { Validator } from "@seriousme/openapi-schema-validator";
import { ERRORS } from "@tidings/server";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { OPEN_API } from "../src/openapi/document.ts";
import { PATHS } from "../src/openapi/paths.ts";
import { SCHEMAS } from "../src/openapi/schemas.ts";
import { type Answer, ask, type Question } from "./support/http.ts";
import { testHub } from "./support/hub.ts";
import { listen } from "./support/stream.ts";
import { bearer, grant, keyedHub } from "./support/tokens.ts";

/** A response as the document has it. */
interface Documented {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

/** Codes that a state of the hub brings, not a request: suites of their own provoke them. */
const ELSEWHERE = [
  ...["bad_request", "headers_too_large", "hub_closed", "hub_not_ready", "internal_error", "invalid_data"],
  ...["keys_unavailable", "origin_not_allowed", "publish_rate_exceeded", "request_timeout", "store_corrupt"],
  ...["store_driver_missing", "store_failed", "store_full", "store_lost", "store_read_only", "store_too_new"],
  ...["subject_barred", "too_many_connections"],
];

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema(JSON.parse(JSON.stringify(OPEN_API)) as object, "openapi");

test("it is OpenAPI 3.1, and knows every code", async () => {
  const { port } = await testHub();
  const answer = await ask(port, { path: "/openapi.json" });
  expect(answer.headers["content-type"]).toContain("application/json");
  const { valid, errors } = await new Validator().validate(answer.json);
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
  expect(answer.json.openapi).toMatch(/^3\.1\./);
  expect(answer.json.components.schemas.ErrorCode.enum).toEqual(Object.keys(ERRORS));
  const ids = Object.values(PATHS).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
  expect(new Set(ids).size).toBe(ids.length);
});

test("it has every route and method of the hub, and none more", async () => {
  const { port } = await testHub();
  // What the hub itself says of its paths and their methods.
  const { detail } = (await ask(port, { path: "/nope" })).json as { detail: string };
  const paths = detail.slice(detail.indexOf("There are ") + 10, -1).split(", ");
  const routes = await Promise.all(
    paths.map(async (path) => {
      const { headers } = await ask(port, { method: "OPTIONS", path: path.replace(/<\w+>/, "a") });
      return [
        toTemplate(path),
        headers.allow
          ?.split(", ")
          .filter((method) => !/^(HEAD|OPTIONS)$/.test(method))
          .sort(),
      ];
    }),
  );
  const documented = Object.entries(PATHS).map(([path, methods]) => [
    path,
    Object.keys(methods)
      .map((name) => name.toUpperCase())
      .sort(),
  ]);
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(routes));
});

test("what the hub answers is as documented, for every call and every answer to it that is no refusal", async () => {
  const { port, url } = await testHub({ maxCount: 2 });
  const reader = await listen(`${url}/events?topic=a/b&topic=c`);
  await reader.until(({ event }) => event === "tidings:live");
  const [{ id = "" } = {}] = (await ask(port, { path: "/connections" })).json.connections as { id?: string }[];
  const key = { "idempotency-key": "k" };
  const seen = new Set<string>();
  const check = async (path: string, question: Question): Promise<Answer> => {
    const answer = await ask(port, question);
    seen.add(assertDocumented(path, question.method ?? "GET", answer));
    return answer;
  };

  await check("/topics/{topic}", { method: "POST", path: "/topics/a/b?event=x", body: "1", headers: key });
  await check("/topics/{topic}", { method: "POST", path: "/topics/a/b?event=x", body: "1", headers: key });
  await check("/events", { method: "POST", path: "/events", body: '{"topic":"a/b","data":1}\n{"topic":"c","data":2}' });
  const old = await check("/topics/{topic}", { path: "/topics/a/b?limit=1" });
  for (let n = 0; n < 3; n++) await ask(port, { method: "POST", path: "/topics/a/b", body: "x" });
  await check("/topics/{topic}", { path: `/topics/a/b?after=${old.json.events[0].id}` });
  await check("/topics/{topic}", { path: "/topics/a/b?after=unknown" });
  await check("/topics/{topic}", { method: "POST", path: "/topics/c?end=true", body: "" });
  await check("/topics/{topic}", { path: "/topics/c" });
  await check("/topics", { path: "/topics?limit=1" });
  await check("/connections", { path: "/connections" });
  await check("/presence/{topic}", { path: "/presence/a/b" });
  await check("/connections/{id}", { method: "DELETE", path: `/connections/${id}` });
  await reader.ended;
  await check("/connections", { method: "DELETE", path: "/connections?subject=ada&for=1s" });
  const end = (await ask(port, { path: "/topics/c" })).json.next as string;
  await check("/events", { path: "/events?topic=c" });
  await check("/events", { path: "/events?topic=c", headers: { "last-event-id": end } });
  await check("/topics/{topic}", { method: "DELETE", path: "/topics/a/b" });
  for (const path of ["/access", "/healthz", "/readyz", "/metrics", "/stats", "/openapi.json", "/"])
    await check(path, { path });
  const keyed = await keyedHub();
  const headers = bearer(await grant({ admin: true }, { sub: "ada" }));
  const mint = await ask(keyed.port, {
    method: "POST",
    path: "/tokens",
    headers,
    body: '{"subscribe":["a"],"expires":"1m"}',
  });
  seen.add(assertDocumented("/tokens", "POST", mint));
  assertDocumented("/access", "GET", await ask(keyed.port, { path: "/access", headers }));

  const all = Object.entries(PATHS).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      Object.keys(operation.responses as object)
        .filter((status) => status < "300")
        .map((status) => `${method.toUpperCase()} ${path} ${status}`),
    ),
  );
  expect([...seen].sort()).toEqual(all.sort());
});

test("so are refusals, with codes that the call may answer", async () => {
  const { port } = await testHub({ maxEventBytes: 100, maxTopicsPerConnection: 1, maxConnections: 1 });
  const keyed = await keyedHub();
  const own = bearer(await grant({ subscribe: ["a"], publish: ["a"] }));
  await ask(port, { method: "POST", path: "/topics/over?end=true", body: "x" });
  const codes = new Set<string>();
  const check = async (path: string, question: Question, to = port): Promise<void> => {
    const answer = await ask(to, question);
    expect(answer.status, JSON.stringify(question)).toBeGreaterThanOrEqual(400);
    assertDocumented(path, question.method ?? "GET", answer);
    codes.add(answer.json.code);
  };
  const post = (path: string, body: string, headers: Record<string, string> = {}) => ({
    method: "POST",
    path,
    body,
    headers,
  });

  for (const query of ["", "?topic=a/", "?topic=a/**/b", "?topic=tidings:a", "?topic=a&topic=b", "?topic=a&last=x"])
    await check("/events", { path: `/events${query}` });
  await check("/events", { path: "/events?topic=a", headers: { accept: "text/html" } });
  for (const body of [
    "",
    "x",
    "[1]",
    '{"topic":"a"}',
    '{"topic":"over","data":1}',
    '{"topic":"a","data":1,"event":"open"}',
  ])
    await check("/events", post("/events", body));
  await check("/topics/{topic}", post("/topics/tidings:a", "x"));
  for (const path of ["/topics/a//b", "/topics/*"]) {
    await check("/topics/{topic}", post(path, "x"));
    await check("/topics/{topic}", { path });
    await check("/topics/{topic}", { method: "DELETE", path });
  }
  await check("/topics/{topic}", post("/topics/a", "x".repeat(101)));
  await check("/topics/{topic}", post("/topics/over", "x"));
  await check("/topics/{topic}", post("/topics/a?event=open", "x"));
  await check("/topics/{topic}", post("/topics/a?event=%0A", "x"));
  await check("/topics/{topic}", post("/topics/a?end=maybe", "x"));
  await check("/topics/{topic}", post("/topics/a", "{", { "content-type": "application/json" }));
  await check("/topics/{topic}", post("/topics/a", "x", { "idempotency-key": "x".repeat(257) }));
  await ask(port, post("/topics/a", "x", { "idempotency-key": "k" }));
  await check("/topics/{topic}", post("/topics/a", "y", { "idempotency-key": "k" }));
  await check("/topics/{topic}", { method: "DELETE", path: "/topics/none" });
  await check("/connections", { path: "/connections?limit=0" });
  await check("/connections", { method: "DELETE", path: "/connections" });
  await check("/connections/{id}", { method: "DELETE", path: "/connections/none" });
  await check("/topics", { path: "/topics?limit=0" });
  await check("/tokens", post("/tokens", '{"subscribe":["a"],"expires":"1m"}'));
  await check("/tokens", post("/tokens", "x"));
  await check("/tokens", post("/tokens", "{}"));
  for (const [path, methods] of Object.entries(PATHS)) {
    for (const [method, { security }] of Object.entries(methods)) {
      const question = {
        method: method.toUpperCase(),
        path: path.replace(/\{\w+\}/, "b").replace(/^\/events$/, "/events?topic=b"),
        body: method === "post" ? '{"topic":"b","data":1}' : "",
      };
      const { body, ...bare } = question;
      const asked = body === "" ? bare : question;
      await check(path, { ...asked, headers: { host: "evil.example" } });
      if (security !== undefined) continue;
      await check(path, { ...asked, headers: { authorization: "Bearer x" } }, keyed.port);
      if (path === "/access") continue;
      await check(path, asked, keyed.port);
      await check(path, { ...asked, headers: own }, keyed.port);
    }
  }
  const documented = new Set(JSON.stringify(PATHS).match(/(?<=[[,]")[a-z]+_[a-z_]+(?=")/g));
  expect([...documented].filter((code) => !codes.has(code)).sort()).toEqual(ELSEWHERE);
});

/** Holds an answer against the document, and gives the name of what it was held against. */
function assertDocumented(path: string, method: string, answer: Answer): string {
  const { status, headers, text } = answer;
  const name = `${method} ${path} ${status}`;
  const responses = PATHS[path]?.[method.toLowerCase()]?.responses as Record<string, Documented> | undefined;
  const documented = responses?.[status];
  expect(documented, `${name}: ${text.slice(0, 200)}`).toBeDefined();
  const type = headers["content-type"]?.split(";", 1)[0];
  expect([name, Object.keys(documented?.content ?? {})]).toEqual([
    name,
    type === undefined ? [] : expect.arrayContaining([type]),
  ]);
  if (type?.endsWith("json")) {
    const { schema } = documented?.content?.[type] ?? {};
    const validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openapi#/')) as object);
    validate(JSON.parse(text));
    expect([name, validate.errors, text.slice(0, 300)]).toEqual([name, null, text.slice(0, 300)]);
  }
  return name;
}

/** `/topics/<topic>` as OpenAPI writes it. */
function toTemplate(path: string): string {
  return path.replace(/<(\w+)>/, "{$1}");
}

test("its schemas name no other", () => {
  const named = [...JSON.stringify(OPEN_API).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name);
  expect(Object.keys(SCHEMAS)).toEqual(expect.arrayContaining([...new Set(named)]));
  expect([...new Set(named)].sort()).toEqual(Object.keys(SCHEMAS).sort());
});
