import { describe, expect, test } from "vitest";
import { ask } from "./support/http.ts";
import { testHub } from "./support/hub.ts";
import { listen } from "./support/stream.ts";

/** Every kind of path: what goes to a route, what bypasses the framework, what serves files. */
const PATHS = ["/topics", "/events?topic=a", "/", "/healthz", "/nope"];

describe("a rebound name reaches nothing", () => {
  test.each(PATHS)("%s", async (path) => {
    const { port } = await testHub();
    const answer = await ask(port, { path, headers: { host: `evil.example:${port}` } });
    expect(answer.status).toBe(403);
    expect(answer.json).toMatchObject({ code: "not_loopback", field: "Host" });
  });

  test("nor does it publish or forget", async () => {
    const { port } = await testHub();
    await ask(port, { method: "POST", path: "/topics/a", body: "kept" });
    const headers = { host: "evil.example" };
    for (const [method, path] of [
      ["POST", "/topics/a"],
      ["POST", "/events"],
      ["DELETE", "/topics/a"],
    ] as const) {
      expect((await ask(port, { method, path, headers, body: '{"topic":"a","data":1}' })).status).toBe(403);
    }
    expect((await ask(port, { path: "/topics/a" })).json.events).toHaveLength(1);
  });
});

describe("a foreign page reaches nothing", () => {
  test.each(PATHS)("%s", async (path) => {
    const { port } = await testHub();
    const answer = await ask(port, { path, headers: { origin: "https://evil.example" } });
    expect(answer.status).toBe(403);
    expect(answer.json).toMatchObject({ code: "not_loopback", field: "Origin" });
    expect(answer.json.detail).toContain("--cors-origin https://evil.example");
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    expect(answer.headers.vary).toBe("Origin");
  });

  test("nor does a form post of its, which asks nobody", async () => {
    const { port } = await testHub();
    for (const origin of ["https://evil.example", "null"]) {
      const headers = { origin, "content-type": "application/x-www-form-urlencoded" };
      expect((await ask(port, { method: "POST", path: "/topics/a", headers, body: "x=1" })).status).toBe(403);
    }
    expect((await ask(port, { path: "/topics" })).json.topics).toEqual([]);
  });

  test("nor does its preflight pass", async () => {
    const { port } = await testHub();
    const headers = { origin: "https://evil.example", "access-control-request-method": "DELETE" };
    expect((await ask(port, { method: "OPTIONS", path: "/topics/a", headers })).status).toBe(403);
  });
});

describe("who may call", () => {
  test.each<[string, Record<string, string>]>([
    ["localhost", { host: "localhost:4400" }],
    ["another loopback address", { host: "127.1.2.3" }],
    ["IPv6", { host: "[::1]:4400" }],
    ["a page of a development server", { origin: "http://localhost:5173" }],
    ["a page on a name under localhost", { origin: "https://app.localhost:8443" }],
  ])("%s", async (_name, headers) => {
    const { port } = await testHub();
    const answer = await ask(port, { path: "/topics", headers });
    expect(answer.status).toBe(200);
    expect(answer.headers["access-control-allow-origin"]).toBe(headers.origin);
    expect(answer.headers.vary).toBe("Origin");
  });

  test("a named origin, and no other", async () => {
    const { port } = await testHub({ corsOrigin: ["https://app.example"] });
    const named = await ask(port, { path: "/topics", headers: { origin: "https://app.example" } });
    expect(named.status).toBe(200);
    expect(named.headers["access-control-allow-origin"]).toBe("https://app.example");
    expect(named.headers["access-control-expose-headers"]).toContain("Retry-After");
    for (const origin of ["http://app.example", "https://app.example:8443", "https://app.example.evil.example"]) {
      expect((await ask(port, { path: "/topics", headers: { origin } })).status).toBe(403);
    }
    const rebound = { origin: "https://app.example", host: "app.example" };
    expect((await ask(port, { path: "/topics", headers: rebound })).status, "a name of its own helps nobody").toBe(403);
  });

  test("every origin, if that was asked for", async () => {
    const { port } = await testHub({ corsOrigin: ["*"] });
    const answer = await ask(port, { path: "/topics", headers: { origin: "https://any.example" } });
    expect(answer.status).toBe(200);
    expect(answer.headers["access-control-allow-origin"]).toBe("*");
    expect((await ask(port, { path: "/topics", headers: { host: "any.example" } })).status).toBe(403);
  });
});

describe("CORS", () => {
  test("a preflight says what a page may send", async () => {
    const { port } = await testHub();
    const headers = {
      origin: "http://localhost:5173",
      "access-control-request-method": "POST",
      "access-control-request-headers": "idempotency-key",
    };
    for (const path of ["/topics/a", "/events", "/connections/1"]) {
      const answer = await ask(port, { method: "OPTIONS", path, headers });
      expect(answer.status).toBe(204);
      expect(answer.headers["access-control-allow-origin"]).toBe("http://localhost:5173");
      expect(answer.headers["access-control-allow-methods"]).toBe("GET, HEAD, POST, DELETE");
      expect(answer.headers["access-control-allow-headers"]).toMatch(/Idempotency-Key.*Last-Event-ID/);
    }
  });

  test("a stream, and the refusal of one, can be read by the page", async () => {
    const { url, port } = await testHub();
    const origin = "http://localhost:5173";
    const reader = await listen(`${url}/events?topic=a`, { origin });
    expect(reader.response.headers.get("access-control-allow-origin")).toBe(origin);
    expect(reader.response.headers.get("content-type")).toBe("text/event-stream");
    reader.close();
    await reader.ended;
    const refused = await ask(port, { path: "/events", headers: { origin } });
    expect(refused.headers["access-control-allow-origin"]).toBe(origin);
  });

  test("a problem of a route can be read by the page", async () => {
    const { port } = await testHub();
    const answer = await ask(port, { path: "/nope", headers: { origin: "http://localhost:5173" } });
    expect(answer.status).toBe(404);
    expect(answer.headers["access-control-allow-origin"]).toBe("http://localhost:5173");
  });
});
