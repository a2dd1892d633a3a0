import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startHub } from "tidings";
import { describe, expect, test } from "vitest";
import { serve, testDirectory } from "./support/cli.ts";
import { ask, openSocket } from "./support/http.ts";
import { testHub } from "./support/hub.ts";
import { listen } from "./support/stream.ts";

describe("SIGTERM", () => {
  test.each(["SIGTERM", "SIGINT"] as const)(
    "%s: every reader is told, with a time of its own to come back, and it exits 0",
    async (signal) => {
      const hub = await serve(["--memory", "--port", "0"]);
      const readers = await Promise.all(Array.from({ length: 20 }, () => listen(`${hub.url}/events?topic=a`)));
      await Promise.all(readers.map((reader) => reader.until(({ event }) => event === "tidings:live")));

      const start = performance.now();
      hub.process.kill(signal);

      expect(await hub.exit).toBe(0);
      expect(performance.now() - start).toBeLessThan(5000);
      await Promise.all(readers.map(({ ended }) => ended));
      for (const { events } of readers) {
        expect(events.at(-1)?.event).toBe("tidings:bye");
        expect(JSON.parse(events.at(-1)?.data ?? "")).toEqual({ reason: "drain", reconnect: true });
      }
      const retries = readers.map((reader) => reader.retries.at(-1));
      expect(new Set(retries).size, "no two come back together").toBeGreaterThan(15);
      expect(hub.stderr()).not.toMatch(/"level":"(error|fatal)"/);
    },
  );

  test("a reader that does not read cannot hold it up", async () => {
    const hub = await serve(["--memory", "--port", "0", "--drain", "300ms"]);
    const { socket } = await openSocket(hub.port);
    socket.write("GET /events?topic=a HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await expect.poll(async () => (await ask(hub.port, { path: "/connections" })).json.connections.length).toBe(1);
    socket.pause();
    const body = "x".repeat(2 ** 20);
    for (let at = 0; at < 8; at++) await ask(hub.port, { method: "POST", path: "/topics/a", body });

    hub.process.kill("SIGTERM");

    expect(await hub.exit).toBe(0);
    socket.destroy();
  });

  test("a connection that is kept alive, or half a request, cannot hold it up either", async () => {
    const hub = await serve(["--memory", "--port", "0", "--drain", "300ms"]);
    await fetch(`${hub.url}/healthz`).then((response) => response.text());
    const { socket } = await openSocket(hub.port);
    socket.write("POST /topics/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf");

    hub.process.kill("SIGTERM");

    expect(await hub.exit).toBe(0);
    socket.destroy();
  });

  test("whoever holds a connection sees at once that it is not ready, and lives", async () => {
    const hub = await serve(["--memory", "--port", "0", "--drain", "1m"]);
    const { socket: reader } = await openSocket(hub.port);
    reader.write("GET /events?topic=a HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await expect.poll(async () => (await ask(hub.port, { path: "/connections" })).json.connections.length).toBe(1);
    // It does not read, and so keeps the hub from being through.
    reader.pause();
    const body = "x".repeat(2 ** 20);
    for (let at = 0; at < 8; at++) await ask(hub.port, { method: "POST", path: "/topics/a", body });
    const kept = [await openSocket(hub.port), await openSocket(hub.port), await openSocket(hub.port)] as const;
    for (const { socket, received } of kept) {
      socket.write("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
      await expect.poll(received).toMatch(/^HTTP\/1\.1 200 OK\r\n.*"ready"/s);
    }

    hub.process.kill("SIGTERM");
    await hub.waitFor("stderr", /"msg":"closing"/);
    kept[0].socket.write("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    kept[1].socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    kept[2].socket.write("GET /events?topic=a HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n");

    await expect.poll(kept[0].received).toMatch(/HTTP\/1\.1 503 .*\r\nconnection: close\r\n.*hub_closed/is);
    await expect.poll(kept[1].received).toMatch(/HTTP\/1\.1 200 OK\r\n.*"status":"ok"/s);
    await expect.poll(kept[2].received).toMatch(/HTTP\/1\.1 503 .*hub_closed/s);
    await expect(ask(hub.port, { path: "/readyz" })).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(hub.process.exitCode).toBeNull();
    for (const { socket } of kept) socket.destroy();
    reader.destroy();
    expect(await hub.exit).toBe(0);
  });

  test("a second signal leaves at once", async () => {
    const hub = await serve(["--memory", "--port", "0", "--drain", "1m"]);
    const { socket } = await openSocket(hub.port);
    socket.write("GET /events?topic=a HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await expect.poll(async () => (await ask(hub.port, { path: "/connections" })).json.connections.length).toBe(1);
    // A reader whose socket is full stays for the whole drain.
    socket.pause();
    const body = "x".repeat(2 ** 20);
    for (let at = 0; at < 8; at++) await ask(hub.port, { method: "POST", path: "/topics/a", body });

    hub.process.kill("SIGTERM");
    await hub.waitFor("stderr", /"msg":"closing"/);
    hub.process.kill("SIGTERM");

    expect(await hub.exit).toBe(143);
    socket.destroy();
  });

  test("what was acknowledged is there afterwards", async () => {
    const data = join(testDirectory(), "tidings.db");
    const first = await serve(["--port", "0", "--data", data]);
    await ready(first.port);
    const { json } = await ask(first.port, { method: "POST", path: "/topics/a", body: "kept" });
    first.process.kill("SIGTERM");
    expect(await first.exit).toBe(0);

    const second = await serve(["--port", "0", "--data", data]);
    await ready(second.port);
    expect((await ask(second.port, { path: "/topics/a" })).json.events).toMatchObject([{ id: json.id, data: "kept" }]);
  });
});

describe("two hubs on one file", () => {
  test("the second listens, says that it is not ready, and takes over when the first is gone", async () => {
    const data = join(testDirectory(), "tidings.db");
    const first = await serve(["--port", "0", "--data", data]);
    await ready(first.port);
    const { json } = await ask(first.port, { method: "POST", path: "/topics/a", body: "of the first" });

    const second = await serve(["--port", "0", "--data", data]);
    const refused = await ask(second.port, { path: "/readyz" });
    expect(refused.status).toBe(503);
    expect(refused.json.code).toBe("hub_not_ready");
    expect(refused.headers["retry-after"]).toMatch(/^\d+$/);
    for (const question of [
      { method: "POST", path: "/topics/a", body: "x" },
      { method: "POST", path: "/events", body: '{"topic":"a","data":1}' },
      { method: "DELETE", path: "/topics/a" },
      { path: "/topics" },
      { path: "/topics/a" },
      { path: "/events?topic=a" },
    ]) {
      const answer = await ask(second.port, question);
      expect({ ...question, status: answer.status, code: answer.json.code }).toMatchObject({
        status: 503,
        code: "hub_not_ready",
      });
      expect(answer.headers["retry-after"]).toMatch(/^\d+$/);
    }
    expect((await ask(second.port, { path: "/healthz" })).json).toMatchObject({ status: "ok", store: "sqlite" });
    await second.waitFor("stderr", /the history is not open yet/);

    first.process.kill("SIGKILL");
    await ready(second.port);
    expect((await ask(second.port, { path: "/topics/a" })).json.events).toMatchObject([{ id: json.id }]);
    expect((await ask(second.port, { method: "POST", path: "/topics/a", body: "of the second" })).status).toBe(201);
  });

  test("the second can be stopped while it waits", async () => {
    const data = join(testDirectory(), "tidings.db");
    const first = await serve(["--port", "0", "--data", data]);
    await ready(first.port);
    const second = await serve(["--port", "0", "--data", data]);
    second.process.kill("SIGTERM");
    expect(await second.exit).toBe(0);
  });
});

test("a file that is no history: it listens, and /readyz says why not", async () => {
  const data = join(testDirectory(), "tidings.db");
  writeFileSync(data, "this is not a database, and never was one".repeat(100));
  const hub = await serve(["--port", "0", "--data", data]);
  await hub.waitFor("stderr", /the history cannot be opened/);
  const answer = await ask(hub.port, { path: "/readyz" });
  expect(answer.status).toBe(503);
  expect(answer.json.code).toBe("store_corrupt");
  expect((await ask(hub.port, { method: "POST", path: "/topics/a", body: "x" })).json.code).toBe("store_corrupt");
  hub.process.kill("SIGTERM");
  expect(await hub.exit).toBe(0);
});

describe("startHub", () => {
  test("closes whole, twice if asked to, and frees its port", async () => {
    const first = await startHub({ port: 0, memory: true });
    const reader = await listen(`${first.url}/events?topic=a`);
    await reader.until(({ event }) => event === "tidings:live");
    await Promise.all([first.close(), first.close()]);
    await reader.ended;
    const second = await startHub({ port: first.port, memory: true });
    await second.close();
  });

  test("refuses a port that is taken, and an address that others can reach", async () => {
    const { port } = await testHub();
    await expect(startHub({ port, memory: true })).rejects.toMatchObject({ code: "EADDRINUSE" });
    await expect(startHub({ port: 0, memory: true, host: "0.0.0.0" })).rejects.toMatchObject({
      code: "invalid_option",
    });
  });

  test("listens on IPv6 alone, if that is what it is told", async () => {
    const { url } = await testHub({ host: "::1" });
    expect(url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

async function ready(port: number): Promise<void> {
  await expect.poll(async () => (await ask(port, { path: "/readyz" })).status, { timeout: 10_000 }).toBe(200);
}
