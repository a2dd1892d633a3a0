import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { ask, openSocket } from "./support/http.ts";
import { testHub } from "./support/hub.ts";
import { listen } from "./support/stream.ts";
import { bearer, grant, keyedHub } from "./support/tokens.ts";

/** What a browser's EventSource sends, and what our client does. */
const EVENT_SOURCE = { accept: "text/event-stream" };
const CLIENT = { accept: "text/event-stream, application/problem+json" };
const POST = { method: "POST", path: "/topics/a", body: "x" } as const;

describe("time-outs", () => {
  const config = { headerTimeout: 200, requestTimeout: 400, idleTimeout: 200 };

  /** Sends a byte now and then, for ever; settles with what came back when the hub has closed. */
  async function trickle(port: number, start: string): Promise<string> {
    const { socket, received } = await openSocket(port);
    socket.write(start);
    const timer = setInterval(() => socket.write("x"), 20);
    await closed(socket);
    clearInterval(timer);
    return received();
  }

  test.each([
    ["headers that never end", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "],
    ["a request line that never ends", "GET /healthz?"],
    ["a body that never ends", "POST /topics/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"],
    [
      "a chunk that never ends",
      "POST /events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n",
    ],
  ])("%s: 408, and closed", async (_name, start) => {
    const { port } = await testHub(config);
    const answer = await trickle(port, start);
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")))).toMatchObject({
      code: "request_timeout",
      status: 408,
    });
  });

  test("a connection on which nothing comes is closed", async () => {
    const { port } = await testHub(config);
    const { socket } = await openSocket(port);
    await closed(socket);
  });

  test("a connection that was kept for a next request is closed when none comes", async () => {
    const { port } = await testHub(config);
    const { socket, received } = await openSocket(port);
    socket.write("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await closed(socket);
    expect(received()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(received()).toMatch(/\r\nConnection: keep-alive\r\n/i);
  });

  test("a stream outlasts them all, and so does one of /stats", async () => {
    const { url, port } = await testHub(config);
    const readers = [await listen(`${url}/events?topic=a`), await listen(`${url}/stats`)];
    for (const reader of readers) onTestFinished(() => reader.close());
    // Longer than any of them, twice over.
    for (let at = 0; at < 2; at++)
      await trickle(port, "POST /topics/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    await ask(port, POST);
    await readers[0]?.until(({ data }) => data === "x");
    const seen = readers[1]?.events.length ?? 0;
    await expect.poll(() => readers[1]?.events.length).toBeGreaterThan(seen);
  });
});

describe("sockets", () => {
  test("one too many is closed, whatever it wants; nobody goes for it", async () => {
    const { url, port } = await testHub({ maxSockets: 2 });
    const reader = await listen(`${url}/events?topic=a`);
    onTestFinished(() => reader.close());
    await reader.until(({ event }) => event === "tidings:live");
    const { socket: second } = await openSocket(port);
    const { socket: third, received } = await openSocket(port);
    third.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await closed(third);
    expect(received()).toBe("");
    second.destroy();
    await expect.poll(async () => (await ask(port, POST).catch(() => undefined))?.status).toBe(201);
    await reader.until(({ data }) => data === "x");
  });
});

describe("connections", () => {
  /** What a reader that is too many is told, in both ways; whoever was there still is, and gets events. */
  async function expectFull(port: number, path: string, headers: Record<string, string>): Promise<void> {
    const shed = await ask(port, { path, headers: { ...headers, ...EVENT_SOURCE } });
    expect(shed.status).toBe(200);
    expect(shed.headers["content-type"]).toBe("text/event-stream");
    expect(Number(/^retry: (\d+)\n\n$/.exec(shed.text)?.[1])).toBeGreaterThanOrEqual(15_000);
    const refused = await ask(port, { path, headers: { ...headers, ...CLIENT } });
    expect(refused.status).toBe(503);
    expect(refused.headers["retry-after"]).toBe("30");
    expect(refused.json.code).toBe("too_many_connections");
  }

  async function open(url: string, headers: Record<string, string> = {}) {
    const reader = await listen(`${url}/events?topic=a`, headers);
    onTestFinished(() => reader.close());
    await reader.until(({ event }) => event === "tidings:live");
    return reader;
  }

  test("in all: who comes too late is told when to come again, and nobody is evicted", async () => {
    const { url, port } = await testHub({ maxConnections: 2 });
    const readers = [await open(url), await open(url)];
    await expectFull(port, "/events?topic=a", {});
    await ask(port, POST);
    for (const reader of readers) await reader.until(({ data }) => data === "x");
    readers[0]?.close();
    await expect.poll(async () => (await ask(port, { path: "/healthz" })).json.connections).toBe(1);
    await open(url);
  });

  test("of one subject, wherever it is", async () => {
    const { url, port } = await keyedHub({ maxConnectionsPerSubject: 1 });
    const [ada, bob] = await Promise.all(
      ["ada", "bob"].map((sub) => grant({ subscribe: ["a"], publish: ["a"] }, { sub })),
    );
    const reader = await open(url, bearer(ada as string));
    await expectFull(port, "/events?topic=a", bearer(ada as string));
    await open(url, bearer(bob as string));
    await ask(port, { ...POST, headers: bearer(ada as string) });
    await reader.until(({ data }) => data === "x");
  });

  test("from one address, as its socket says", async () => {
    const { url, port } = await testHub({ maxConnectionsPerAddress: 1 });
    await open(url, { "x-forwarded-for": "192.0.2.1" });
    await expectFull(port, "/events?topic=a", { "x-forwarded-for": "192.0.2.2" });
  });

  test("from one address, as a proxy says that is trusted", async () => {
    const { url, port } = await testHub({ maxConnectionsPerAddress: 1, trustProxy: ["127.0.0.1"] });
    await open(url, { "x-forwarded-for": "192.0.2.1" });
    await expectFull(port, "/events?topic=a", { "x-forwarded-for": "192.0.2.1" });
    await open(url, { "x-forwarded-for": "192.0.2.2" });
    const { connections } = (await ask(port, { path: "/connections" })).json;
    expect(connections).toHaveLength(2);
  });

  test("from one address: off by default", async () => {
    const { url } = await testHub();
    for (let at = 0; at < 20; at++) await open(url);
  });
});

describe("the publish rate", () => {
  test("429 and when to try again; others publish on, and readers read on", async () => {
    const { url, port } = await keyedHub({ publishRate: { count: 2, per: 3_600_000 } });
    const [ada, bob] = await Promise.all(
      ["ada", "bob"].map((sub) => grant({ subscribe: ["a"], publish: ["a"] }, { sub })),
    );
    const by = (token: string | undefined) => ({ ...POST, headers: bearer(token as string) });
    expect([(await ask(port, by(ada))).status, (await ask(port, by(ada))).status]).toEqual([201, 201]);
    const refused = await ask(port, by(ada));
    expect(refused.status).toBe(429);
    expect(refused.headers["content-type"]).toBe("application/problem+json");
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(1790);
    expect(refused.json).toMatchObject({
      code: "publish_rate_exceeded",
      detail: expect.stringContaining("2 events per hour"),
    });
    expect((await ask(port, by(bob))).status).toBe(201);
    expect((await fetch(`${url}/topics/a`, { headers: bearer(ada as string) })).status).toBe(200);
  });

  test("a batch counts as its events; one larger than the burst is possible once the bucket is full", async () => {
    const { port } = await testHub({ publishRate: { count: 1, per: 3_600_000 }, publishBurst: 5 });
    const batch = (count: number) => ({
      method: "POST",
      path: "/events",
      body: Array(count).fill('{"topic":"a","data":1}').join("\n"),
    });
    expect((await ask(port, batch(20))).status).toBe(201);
    const refused = await ask(port, batch(1));
    expect(refused.status).toBe(429);
    // Fifteen that it owes, and one.
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(15.9 * 3600);
    expect((await ask(port, POST)).status).toBe(429);
    expect((await ask(port, { path: "/topics/a" })).json.events).toHaveLength(20);
  });

  test("a body is not waited for, where there is no room for it", async () => {
    const { port } = await testHub({ publishRate: { count: 1, per: 3_600_000 } });
    expect((await ask(port, POST)).status).toBe(201);
    const { socket, received } = await openSocket(port);
    onTestFinished(() => {
      socket.destroy();
    });
    socket.write("POST /topics/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n");
    await expect.poll(received).toMatch(/^HTTP\/1\.1 429 /);
  });
});

async function closed(socket: Socket): Promise<void> {
  socket.resume();
  await once(socket, "close");
}
