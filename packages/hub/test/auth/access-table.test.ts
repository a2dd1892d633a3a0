import { request } from "node:http";
import type { RunningHub } from "tidings";
import { startHub } from "tidings";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../support/http.ts";
import { bearer, grant, SECRET, secondsFromNow, sign } from "../support/tokens.ts";

/** What each caller gets: `ok` is the route's own answer, a code is a refusal. */
type Outcome = "ok" | "unauthorized" | "invalid_token" | "forbidden";

const AUDIENCE = "the hub";
const aud = { aud: AUDIENCE };
const ALL = ["**"];

/** By name, every kind of caller; near misses are all that comes close to "orders/42" without covering it. */
const CALLERS: Readonly<Record<string, () => Promise<string> | undefined>> = {
  nobody: () => undefined,
  "wrong signature": () => sign({ ...aud, tidings: { admin: true } }, "another secret, which is long enough to be one"),
  "wrong audience": () => grant({ admin: true }, { aud: "another hub" }),
  expired: () => grant({ admin: true }, { ...aud, exp: secondsFromNow(-6) }),
  "not yet": () => grant({ admin: true }, { ...aud, nbf: secondsFromNow(60) }),
  "no scope": () => sign(aud),
  "near miss": () => {
    const near = ["orders/4", "orders/42/**", "orders/42/*", "order/*", "*", "*/*/*", "news/42"];
    return grant({ subscribe: near, publish: near, presence: near }, aud);
  },
  "publish only": () => grant({ publish: ALL }, aud),
  "subscribe only": () => grant({ subscribe: ALL }, aud),
  "presence only": () => grant({ presence: ALL }, aud),
  "metrics only": () => grant({ metrics: true }, aud),
  admin: () => grant({ admin: true }, aud),
};

const OK: Outcome = "ok";
const NONE: Outcome = "unauthorized";
const BAD: Outcome = "invalid_token";
const NO: Outcome = "forbidden";

/** In the order of {@link CALLERS}. */
const OUTCOMES = {
  //          nobody  four bad ones      no    near  pub.  sub.  pres. metr. admin
  anyone: [OK, OK, OK, OK, OK, OK, OK, OK, OK, OK, OK, OK],
  caller: [OK, BAD, BAD, BAD, BAD, OK, OK, OK, OK, OK, OK, OK],
  public: [OK, BAD, BAD, BAD, BAD, OK, OK, OK, OK, OK, OK, OK],
  publish: [NONE, BAD, BAD, BAD, BAD, NO, NO, OK, NO, NO, NO, OK],
  subscribe: [NONE, BAD, BAD, BAD, BAD, NO, NO, NO, OK, NO, NO, OK],
  presence: [NONE, BAD, BAD, BAD, BAD, NO, NO, NO, NO, OK, NO, OK],
  metrics: [NONE, BAD, BAD, BAD, BAD, NO, NO, NO, NO, NO, OK, OK],
  admin: [NONE, BAD, BAD, BAD, BAD, NO, NO, NO, NO, NO, NO, OK],
} as const satisfies Record<string, readonly Outcome[]>;

interface Row {
  /** As the hub's own list of its routes has it. */
  readonly route: string;
  readonly path?: string;
  readonly need: keyof typeof OUTCOMES;
  readonly body?: string;
  /** What the route answers to whoever may. Default 200. */
  readonly ok?: number;
}

const EVENTS = '{"topic":"orders/42","data":1}\n';

const ROWS: readonly Row[] = [
  { route: "GET /", need: "anyone" },
  { route: "GET /access", need: "caller" },
  { route: "GET /connections", need: "admin" },
  { route: "DELETE /connections", path: "/connections?subject=nobody&for=1s", need: "admin", ok: 200 },
  { route: "DELETE /connections/<id>", path: "/connections/none", need: "admin", ok: 404 },
  { route: "GET /events", path: "/events?topic=orders/42", need: "subscribe" },
  { route: "GET /events", path: "/events?topic=news/1&topic=orders/*", need: "subscribe" },
  { route: "GET /events", path: "/events?topic=orders/42&from=earliest", need: "subscribe" },
  { route: "GET /events", path: "/events?topic=news/**&topic=news/1&last=5", need: "public" },
  { route: "POST /events", need: "publish", body: EVENTS, ok: 201 },
  { route: "POST /events", need: "publish", body: `${EVENTS}{"topic":"orders/41","data":1}`, ok: 201 },
  { route: "GET /healthz", need: "anyone" },
  { route: "GET /metrics", need: "metrics" },
  { route: "GET /openapi.json", need: "anyone" },
  { route: "GET /presence/<topic>", path: "/presence/orders/42", need: "presence" },
  { route: "GET /readyz", need: "anyone" },
  { route: "GET /stats", need: "admin" },
  { route: "POST /tokens", need: "admin", body: '{"subscribe":["a"],"expires":"1m"}', ok: 201 },
  { route: "GET /topics", need: "admin" },
  { route: "GET /topics/<topic>", path: "/topics/orders/42", need: "subscribe" },
  { route: "GET /topics/<topic>", path: "/topics/news/1?limit=1", need: "public" },
  { route: "POST /topics/<topic>", path: "/topics/orders/42", need: "publish", body: "x", ok: 201 },
  { route: "POST /topics/<topic>", path: "/topics/news/1?event=a", need: "publish", body: "x", ok: 201 },
  { route: "DELETE /topics/<topic>", path: "/topics/orders/42", need: "admin", ok: 204 },
];

const METHODS = ["GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"];

let running: RunningHub;
let tokens: Record<string, string | undefined>;

beforeAll(async () => {
  const config = { jwtSecret: [SECRET], jwtAudience: [AUDIENCE], public: ["news/**"] };
  running = await startHub({ port: 0, memory: true, ...config });
  await running.hub.ready;
  const entries = Object.entries(CALLERS).map(async ([name, make]) => [name, await make()] as const);
  tokens = Object.fromEntries(await Promise.all(entries));
});

afterAll(() => running.close());

// HEAD is what GET is, without a body; streams have none.
const HEAD_ROWS = ROWS.filter(({ route }) => route.startsWith("GET ") && route !== "GET /events").map((row) => ({
  ...row,
  route: row.route.replace("GET", "HEAD"),
}));

describe.each([...ROWS, ...HEAD_ROWS])("$route $path: $need", ({ route, path, need, body, ok = 200 }) => {
  test.each(Object.keys(CALLERS).map((caller, at) => [caller, OUTCOMES[need][at] as Outcome] as const))(
    "%s: %s",
    async (caller, outcome) => {
      const [method = "", pattern = ""] = route.split(" ");
      // Something to read and to delete.
      await running.hub.publish("orders/42", "held");
      const before = running.hub.status().publications;
      const answer = await call(method, path ?? pattern, tokens[caller], body);
      const status = { ok, unauthorized: 401, invalid_token: 401, forbidden: 403 }[outcome];
      expect(answer.status).toBe(status);
      if (outcome === "ok") return;
      const challenge = {
        unauthorized: "",
        invalid_token: ' error="invalid_token"',
        forbidden: ' error="insufficient_scope"',
      };
      expect(answer.headers["www-authenticate"]).toBe(`Bearer${challenge[outcome]}`);
      if (method !== "HEAD") expect(JSON.parse(answer.text)).toMatchObject({ status, code: outcome });
      expect(running.hub.status().publications, "nothing was done").toBe(before);
    },
  );
});

describe("every route", () => {
  test("is in the table", async () => {
    const known = new Set([...ROWS, ...HEAD_ROWS].map(({ route }) => route));
    const routes = await listRoutes();
    expect(routes.length).toBeGreaterThan(10);
    expect(routes.filter((route) => !known.has(route))).toEqual([]);
  });

  test("refuses the methods that it has not, whoever asks", async () => {
    const routes = await listRoutes();
    const paths = new Map(
      ROWS.map(({ route, path }) => [route.split(" ")[1] ?? "", path ?? route.split(" ")[1] ?? ""]),
    );
    for (const [pattern, path] of paths) {
      for (const method of METHODS) {
        if (method === "OPTIONS" || routes.includes(`${method} ${pattern}`)) continue;
        for (const caller of ["nobody", "wrong signature", "no scope", "admin"]) {
          const { status } = await call(method, path, tokens[caller]);
          expect(`${method} ${path} ${caller}: ${status}`).toBe(`${method} ${path} ${caller}: 405`);
        }
      }
    }
  });
});

/** What the hub itself says there is: paths in its 404, methods in each path's answer to OPTIONS. */
async function listRoutes(): Promise<readonly string[]> {
  const { detail } = (await ask(running.port, { path: "/nowhere" })).json as { detail: string };
  const paths = (/There are (.*)\.$/.exec(detail)?.[1] ?? "").split(", ");
  const routes = paths.map(async (path) => {
    const { headers } = await ask(running.port, { method: "OPTIONS", path: path.replaceAll(/[<>]/g, "") });
    const methods = (headers.allow ?? "").split(", ").filter((method) => method !== "OPTIONS");
    return methods.map((method) => `${method} ${path}`);
  });
  return (await Promise.all(routes)).flat();
}

/** One request over a connection of its own; of a stream, only how it begins. */
function call(
  method: string,
  path: string,
  token: string | undefined,
  body?: string,
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = token === undefined ? {} : bearer(token);
    const outgoing = request({ host: "127.0.0.1", port: running.port, method, path, headers, agent: false });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      const chunks: string[] = [];
      const finish = (): void =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: chunks.join("") });
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => chunks.push(chunk));
      response.on("end", finish);
      if (response.statusCode === 200 && response.headers["content-type"] === "text/event-stream") {
        finish();
        outgoing.destroy();
      }
    });
    outgoing.end(body);
  });
}
