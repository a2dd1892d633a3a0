import { pino } from "pino";
import { startHub } from "tidings";
import { expect, onTestFinished, test } from "vitest";
import { serve } from "./support/cli.ts";
import { ask, openSocket } from "./support/http.ts";
import { testHub } from "./support/hub.ts";
import { listen } from "./support/stream.ts";
import { bearer, grant, SECRET, sign } from "./support/tokens.ts";

/** What was published, asked for or sent as a credential in the run below. */
const PRIVATE = "no-log-may-show-this";

test("over a whole run, at level debug, the log shows no secret, token, cookie, query or event", async () => {
  const hub = await serve(
    ["--memory", "--port", "0", "--log-level", "debug", "--jwt-cookie", "id", "--jwt-query", "--public", "news/**"],
    { env: { TIDINGS_JWT_SECRET: SECRET } },
  );
  const own = `http://localhost:${hub.port}`;
  const tokens = {
    admin: await grant({ admin: true }, { sub: PRIVATE }),
    reader: await grant({ subscribe: ["**"] }),
    forged: await sign({ tidings: { admin: true } }, `${SECRET} of somebody else`),
    expired: await sign({ exp: 1, tidings: { admin: true } }),
    odd: await sign({ tidings: { subscribe: [`${PRIVATE}//`] } }),
    text: `${PRIVATE}.token`,
  };
  for (const token of Object.values(tokens)) {
    const ways: [string, Record<string, string>][] = [
      ["", bearer(token)],
      ["", { authorization: `Basic ${token}` }],
      ["", { authorization: `Bearer ${token} ${token}` }],
      ["", { cookie: `other=${PRIVATE}; id=${token}`, origin: own }],
      ["", { cookie: `id=${token}`, origin: "https://evil.example" }],
      ["", { "x-request-id": token, ...bearer(token) }],
      [`authorization=${token}`, {}],
      [`%61uthorization=${token}&authorization=${token}`, {}],
    ];
    for (const [query, headers] of ways) {
      const call = (method: string, path: string, body?: string) =>
        ask(hub.port, {
          method,
          path: `${path}${path.includes("?") ? "&" : "?"}${query}`,
          headers: { "idempotency-key": PRIVATE, ...headers },
          ...(body !== undefined && { body }),
        });
      await call("POST", `/topics/a?event=${PRIVATE}`, PRIVATE);
      await call("POST", "/events", `{"topic":"a","data":"${PRIVATE}"}\n{${PRIVATE}`);
      await call("POST", "/events", `{"topic":"a","data":"${PRIVATE}"}`);
      await call("POST", "/tokens", `{"subscribe":["${PRIVATE}"],"expires":"1m"}`);
      for (const path of ["/topics/a", "/connections", "/metrics", "/nope", "/access", "/healthz"])
        await call("GET", path);
      const reader = await listen(
        `${hub.url}/events?topic=news/x&lastEventId=${PRIVATE}&${query}`,
        withoutOrigin(headers),
      );
      reader.close();
      await reader.ended;
    }
  }
  const { socket } = await openSocket(hub.port);
  socket.write(`GET /${PRIVATE} HTTP/9\r\nAuthorization: ${PRIVATE}\r\n\r\n`);
  await new Promise((resolve) => socket.once("close", resolve));
  await ask(hub.port, { path: `/topics/a?${PRIVATE}`, headers: { host: `${PRIVATE}:x` } });

  hub.process.kill("SIGTERM");
  expect(await hub.exit).toBe(0);

  const log = hub.stderr();
  expect(log.split("\n").length).toBeGreaterThan(300);
  for (const [name, token] of Object.entries({ ...tokens, SECRET, PRIVATE })) {
    expect(log.includes(token), name).toBe(false);
    // Nor any part of it.
    for (const part of token.split(".").filter((text) => text.length > 20))
      expect(log.includes(part), name).toBe(false);
  }
  expect(hub.stdout()).not.toMatch(new RegExp(`${PRIVATE}|${SECRET}`));
});

test("a request has one id: in the answer, in the log, and from proxy to hub", async () => {
  const lines: { request?: string; path?: string; msg: string }[] = [];
  const log = pino({ level: "debug" }, { write: (line) => void lines.push(JSON.parse(line)) });
  const { port, url, close } = await startHub({ port: 0, memory: true, drain: 0 }, { log });
  onTestFinished(close);

  const given = await ask(port, { path: "/healthz", headers: { "x-request-id": "proxy-1:2" } });
  expect(given.headers["x-request-id"]).toBe("proxy-1:2");
  await expect.poll(() => lines).toContainEqual(expect.objectContaining({ request: "proxy-1:2", msg: "answered" }));

  const made = await Promise.all(
    ["", "has spaces", "x".repeat(65), "a\tb", '"}'].map(async (id) => {
      const answer = await ask(port, { path: "/topics", headers: { "x-request-id": id } });
      return answer.headers["x-request-id"] as string;
    }),
  );
  expect(new Set(made).size).toBe(made.length);
  for (const id of made) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-z]+$/);

  // Refusals and streams have one too.
  const refused = await ask(port, { path: "/nope" });
  expect(refused.headers["x-request-id"]).toMatch(/^[0-9a-f]{8}-/);
  const turnedAway = await ask(port, { path: "/topics", headers: { host: "evil.example" } });
  expect(lines).toContainEqual(
    expect.objectContaining({ request: turnedAway.headers["x-request-id"], code: "not_loopback", msg: "turned away" }),
  );
  const reader = await listen(`${url}/events?topic=a`);
  const id = reader.response.headers.get("x-request-id");
  expect(lines).toContainEqual(expect.objectContaining({ request: id, path: "/events", msg: "a reader asks" }));
  reader.close();
  await expect.poll(() => lines).toContainEqual(expect.objectContaining({ msg: "a reader left", reason: "closed" }));
});

test("a page of an allowed origin may send and read it", async () => {
  const { port } = await testHub();
  const origin = "http://localhost:5173";
  const answer = await ask(port, { path: "/topics", headers: { origin } });
  expect(answer.headers["access-control-expose-headers"]).toContain("X-Request-Id");
});

/** `fetch` sends no `Origin` of ours. */
function withoutOrigin({ origin, ...headers }: Record<string, string>): Record<string, string> {
  return headers;
}
