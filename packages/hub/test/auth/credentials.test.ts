import { describe, expect, test } from "vitest";
import { runCli, serve } from "../support/cli.ts";
import { ask } from "../support/http.ts";
import { listen } from "../support/stream.ts";
import { bearer, grant, keyedHub, SECRET, secondsFromNow, sign } from "../support/tokens.ts";

const PAGE = "https://app.example";

/** A token that says whose it is, as `GET /access` tells. */
const tokenOf = (sub: string) => grant({ publish: ["**"], subscribe: ["**"] }, { sub });

async function subjectOf(port: number, path: string, headers: Record<string, string> = {}): Promise<unknown> {
  const { status, json } = await ask(port, { path, headers });
  return status === 200 ? (json.subject ?? "nobody") : json.code;
}

describe("the header", () => {
  test.each(["Bearer", "bearer", "BEARER  "])("%s", async (scheme) => {
    const { port } = await keyedHub();
    expect(await subjectOf(port, "/access", { authorization: `${scheme} ${await tokenOf("ada")}` })).toBe("ada");
  });

  test.each(["Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Basic YTpi", "a", "Bearer é", " "])(
    "%j is 401, also where nothing is needed but good credentials",
    async (authorization) => {
      const { port } = await keyedHub({ public: ["news"] });
      for (const path of ["/access", "/topics/news", "/events?topic=news"]) {
        const answer = await ask(port, {
          path,
          headers: { authorization: Buffer.from(authorization).toString("latin1") },
        });
        expect(answer.status).toBe(401);
        expect(answer.json.code).toBe("invalid_token");
        expect(answer.headers["www-authenticate"]).toBe('Bearer error="invalid_token"');
      }
      expect((await ask(port, { path: "/healthz", headers: { authorization: "Bearer" } })).status).toBe(200);
    },
  );

  test.each([
    [{ aud: "us", iss: "id", exp: secondsFromNow(-60) }, "The token has expired; get a fresh one."],
    [{ aud: "us", iss: "id", nbf: secondsFromNow(60) }, "The token is not valid yet."],
    [{ aud: "other", iss: "id" }, "The token is for another audience."],
    [{ iss: "id" }, "The token is for another audience."],
    [{ aud: "us" }, "The token is of another issuer."],
    [{ aud: "us", iss: "other" }, "The token is of another issuer."],
    [{ aud: "us", iss: "id", exp: 1e300 }, 'The token has an "exp" that is no time.'],
    [{ aud: "us", iss: "id", exp: "soon" }, 'The token has an "exp" that is no time.'],
    [{ aud: "us", iss: "id", sub: 7 }, 'The token has a "sub" that is not a text of 1 to 256 characters.'],
    [{ aud: "us", iss: "id", tidings: [] }, 'The token has a "tidings" that is no object.'],
    [
      { aud: "us", iss: "id", tidings: { subscribe: ["a"], subscibe: ["b"] } },
      'The token has "subscibe" in "tidings", where there may be subscribe, publish, presence, metrics, admin.',
    ],
    [{ aud: "us", iss: "id", tidings: { admin: 1 } }, 'The token has a "tidings.admin" that is not true or false.'],
    [
      { aud: "us", iss: "id", tidings: { subscribe: "a" } },
      'The token has a "tidings.subscribe" that is no list of topics and patterns.',
    ],
    [
      { aud: "us", iss: "id", tidings: { publish: ["a", "b*"] } },
      'The token has "b*" in "tidings.publish", which is no topic or pattern: "*" must be a level of its own, not part of "b*".',
    ],
    [
      { aud: "us", iss: "id", tidings: { presence: [7] } },
      'The token has 7 in "tidings.presence", which is no topic or pattern: it is no text.',
    ],
    [
      { aud: "us", iss: "id", tidings: { subscribe: ["tidings:x"] } },
      'The token has "tidings:x" in "tidings.subscribe", which is no topic or pattern: it is the hub\'s own.',
    ],
  ])("a token that is well signed is told what is wrong with it: %j", async (claims, sentence) => {
    const { port } = await keyedHub({ jwtAudience: ["us", "them"], jwtIssuer: ["id"] });
    const { status, json } = await ask(port, { path: "/access", headers: bearer(await sign(claims)) });
    expect({ status, code: json.code, detail: json.detail }).toEqual({
      status: 401,
      code: "invalid_token",
      detail: sentence,
    });
  });

  test("one of several audiences and issuers will do; 5 seconds are between clocks", async () => {
    const { port } = await keyedHub({ jwtAudience: ["us", "them"], jwtIssuer: ["id", "id2"] });
    const claims = { aud: ["x", "them"], iss: "id2", exp: secondsFromNow(-3), nbf: secondsFromNow(3) };
    expect((await ask(port, { path: "/access", headers: bearer(await sign(claims)) })).status).toBe(200);
  });

  test("a token without exp is good", async () => {
    const { port } = await keyedHub();
    const { json } = await ask(port, { path: "/access", headers: bearer(await sign({ exp: undefined, sub: "a" })) });
    expect(json).toEqual({
      keys: true,
      subject: "a",
      subscribe: [],
      publish: [],
      presence: [],
      metrics: false,
      admin: false,
      mints: true,
    });
  });
});

describe("?authorization=", () => {
  test("counts if it was asked for, and not else", async () => {
    const token = await tokenOf("ada");
    const on = await keyedHub({ jwtQuery: true });
    const off = await keyedHub();
    expect(await subjectOf(on.port, `/access?authorization=${token}`)).toBe("ada");
    expect(await subjectOf(on.port, `/access?a=1&%61uthorization=${token}&b=2`)).toBe("ada");
    expect(await subjectOf(on.port, `/access?authorization=${token}&authorization=${token}`)).toBe("invalid_token");
    expect(await subjectOf(on.port, "/access?authorization=")).toBe("invalid_token");
    expect(await subjectOf(off.port, `/access?authorization=${token}`)).toBe("nobody");
    const stream = await listen(`${on.url}/events?topic=a&authorization=${token}&last=1`);
    expect(JSON.parse((await stream.until(({ event }) => event === "tidings:open")).data).topics).toEqual(["a"]);
    stream.close();
    await stream.ended;
    expect((await ask(off.port, { path: `/events?topic=a&authorization=${token}` })).status).toBe(401);
  });

  test.each([[["--jwt-query"]], [[]]])(
    "is in no log, however it is written, taken or refused: with %j",
    async (flags) => {
      const hub = await serve(["--memory", "--port", "0", "--log-level", "debug", ...flags], {
        env: { TIDINGS_JWT_SECRET: SECRET },
      });
      const token = await tokenOf("ada");
      for (const path of [
        `/access?authorization=${token}`,
        `/topics/a?limit=1&authorization=${token}`,
        `/nowhere?authorization=${token}`,
        `/access?%61uthorization=${token}x`,
        `/topics/a?limit=x&authorization=${token}`,
        `http://127.0.0.1/access?authorization=${token}`,
      ]) {
        const { text } = await ask(hub.port, { path });
        expect(text).not.toContain(token);
      }
      await ask(hub.port, { path: "/last" });
      await hub.waitFor("stderr", /"\/last"/);
      expect(hub.stderr()).toContain('"/access"');
      expect(hub.stderr()).not.toContain(token.slice(-20));
      expect(hub.stderr() + hub.stdout()).not.toContain(SECRET);
    },
  );
});

describe("the cookie", () => {
  const config = { jwtCookie: "tidings", corsOrigin: [PAGE, "*"] };

  test("counts if it has the name", async () => {
    const { port } = await keyedHub(config);
    const token = await tokenOf("ada");
    expect(await subjectOf(port, "/access", { cookie: `a=b; tidings=${token}; c=d` })).toBe("ada");
    expect(await subjectOf(port, "/access", { cookie: `tidings2=${token}; xtidings=${token}` })).toBe("nobody");
    expect(await subjectOf(port, "/access", { cookie: "tidings=" })).toBe("nobody");
    expect(await subjectOf(port, "/access", { cookie: "tidings=x" })).toBe("invalid_token");
    const without = await keyedHub();
    expect(await subjectOf(without.port, "/access", { cookie: `tidings=${token}` })).toBe("nobody");
  });

  test("of several credentials the header counts, then the query, then the cookie", async () => {
    const { port } = await keyedHub({ ...config, jwtQuery: true });
    const [a, b, c] = await Promise.all(["header", "query", "cookie"].map(tokenOf));
    const cookie = { cookie: `tidings=${c}` };
    const path = `/access?authorization=${b}`;
    expect(await subjectOf(port, path, { ...cookie, ...bearer(a ?? "") })).toBe("header");
    expect(await subjectOf(port, path, cookie)).toBe("query");
    expect(await subjectOf(port, "/access", cookie)).toBe("cookie");
    expect(await subjectOf(port, path, { ...cookie, ...bearer("x") }), "no second try").toBe("invalid_token");
  });

  test.each<[string, string, Record<string, string>, number]>([
    ["the hub's own page", "POST", { origin: "http://hub.example" }, 201],
    ["the hub's own page, behind TLS", "POST", { origin: "https://hub.example" }, 201],
    ["a page that is allowed by name", "POST", { origin: PAGE }, 201],
    ["a page of another site", "POST", { origin: "https://evil.example" }, 403],
    ["a page of another port", "POST", { origin: "http://hub.example:8080" }, 403],
    ["a page of a name that only begins so", "POST", { origin: "http://hub.example.evil.example" }, 403],
    ["a page in a sandbox", "POST", { origin: "null" }, 403],
    ["nobody knows whom", "POST", {}, 403],
    ["a page of another site that listens", "GET", { origin: "https://evil.example" }, 403],
    ["a link, or a page's own GET", "GET", {}, 200],
  ])("is not enough for every page: %s, %s", async (_name, method, headers, status) => {
    const { port, hub } = await keyedHub(config);
    const cookie = `tidings=${await tokenOf("ada")}`;
    const question = { method, path: "/topics/a", headers: { host: "hub.example", cookie, ...headers } };
    const answer = await ask(port, { ...question, ...(method === "POST" && { body: "x" }) });
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.json).toMatchObject({ code: "origin_not_allowed", field: "Origin" });
    expect(hub.status().publications).toBe(status === 201 ? 1 : 0);
    const asked = await ask(port, { ...question, headers: { ...question.headers, ...bearer(await tokenOf("ada")) } });
    expect(asked.status, "a header is sent by nobody's accident").toBe(method === "POST" ? 201 : 200);
  });

  test("a stream of another site's page does not open with it", async () => {
    const { url } = await keyedHub(config);
    const cookie = `tidings=${await tokenOf("ada")}`;
    expect((await listen(`${url}/events?topic=a`, { cookie, origin: "https://evil.example" })).response.status).toBe(
      403,
    );
    const own = await listen(`${url}/events?topic=a`, { cookie, origin: url });
    expect(own.response.status).toBe(200);
    own.close();
    await own.ended;
  });
});

describe("CORS of a hub with keys", () => {
  const preflight = { "access-control-request-method": "POST", "access-control-request-headers": "authorization" };

  test("goes by --cors-origin alone: loopback is no better than others", async () => {
    const { port } = await keyedHub({ corsOrigin: [PAGE] });
    const headersOf = async (origin: string) => (await ask(port, { path: "/access", headers: { origin } })).headers;
    expect((await headersOf(PAGE))["access-control-allow-origin"]).toBe(PAGE);
    expect((await headersOf(PAGE))["access-control-expose-headers"]).toContain("WWW-Authenticate");
    for (const origin of ["http://localhost:5173", "https://evil.example", "null"]) {
      const headers = await headersOf(origin);
      expect(headers["access-control-allow-origin"]).toBeUndefined();
      expect(headers.vary).toBe("Origin");
      const asked = await ask(port, { method: "OPTIONS", path: "/topics/a", headers: { origin, ...preflight } });
      expect(asked.status).toBe(403);
      expect(asked.json.code).toBe("origin_not_allowed");
    }
    const asked = await ask(port, { method: "OPTIONS", path: "/topics/a", headers: { origin: PAGE, ...preflight } });
    expect(asked.status).toBe(204);
    expect(asked.headers["access-control-allow-headers"]).toContain("Authorization");
  });

  test("lets credentials along only where there is a cookie, only by name, never with *", async () => {
    const headersOf = async (config: Parameters<typeof keyedHub>[0], origin: string) => {
      const { headers } = await ask((await keyedHub(config)).port, { path: "/access", headers: { origin } });
      return [headers["access-control-allow-origin"], headers["access-control-allow-credentials"]];
    };
    const cookie = { jwtCookie: "tidings" };
    expect(await headersOf({ corsOrigin: [PAGE] }, PAGE)).toEqual([PAGE, undefined]);
    expect(await headersOf({ ...cookie, corsOrigin: [PAGE] }, PAGE)).toEqual([PAGE, "true"]);
    expect(await headersOf({ ...cookie, corsOrigin: ["*"] }, PAGE)).toEqual(["*", undefined]);
    expect(await headersOf({ ...cookie, corsOrigin: ["*", PAGE] }, PAGE)).toEqual([PAGE, "true"]);
    expect(await headersOf({ ...cookie, corsOrigin: ["*", PAGE] }, "https://any.example")).toEqual(["*", undefined]);
  });
});

test("a batch is published if all its topics are granted, and not at all if one is not", async () => {
  const { port, hub } = await keyedHub();
  const headers = bearer(await grant({ publish: ["a", "b/*"] }));
  const publish = (body: string) => ask(port, { method: "POST", path: "/events", headers, body });
  expect((await publish('{"topic":"a","data":1}\n{"topic":"b/c","data":2}')).status).toBe(201);
  const refused = await publish('{"topic":"a","data":1}\n{"topic":"b/c/d","data":2}');
  expect([refused.status, refused.json.detail]).toEqual([
    403,
    'This token may not publish to "b/c/d": it needs a grant of "publish" that covers all of it.',
  ]);
  expect(hub.status().publications).toBe(2);
});

test("what is shown of a secret in messages is nothing", async () => {
  for (const args of [
    ["--jwt-secret", "hunter2"],
    ["--jwt-secret=hunter2", "--port", "x"],
    ["--help", "--jwt-secret=hunter2"],
  ]) {
    const cli = runCli(args, { env: { TIDINGS_JWT_SECRET: "hunter2" } });
    await cli.exit;
    expect(cli.stdout() + cli.stderr()).not.toContain("hunter2");
  }
});
