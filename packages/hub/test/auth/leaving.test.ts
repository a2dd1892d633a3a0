import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { connect, type StreamEvent } from "@tidings/client";
import { describe, expect, onTestFinished, test } from "vitest";
import { runCli, testDirectory } from "../support/cli.ts";
import { ask } from "../support/http.ts";
import { listen } from "../support/stream.ts";
import { bearer, grant, keyedHub, secondsFromNow } from "../support/tokens.ts";

/** With the leeway of 5 seconds, one that ends in about a second or two. */
const soon = (): { exp: number } => ({ exp: secondsFromNow(-3) });

describe("a token that expires", () => {
  test("closes its stream; with a fresh one our client goes on, with every event once", async () => {
    const { url, hub } = await keyedHub({ retry: 50 });
    const asked: (number | undefined)[] = [];
    const stream = connect(`${url}/events`, {
      topics: ["a/*"],
      headers: async ({ lastStatus }) => {
        asked.push(lastStatus);
        return bearer(await grant({ subscribe: ["a/**"] }, asked.length === 1 ? soon() : {}));
      },
    });
    onTestFinished(() => stream.close());
    const events: StreamEvent[] = [];
    const byes: unknown[] = [];
    stream.on("event", (event) => events.push(event));
    stream.on("bye", (bye) => byes.push(bye));
    let count = 0;
    // On and on, so that some fall before, between and after.
    const publishing = setInterval(() => void hub.publish("a/b", ++count), 5);
    onTestFinished(() => clearInterval(publishing));
    await expect.poll(() => byes.length, { timeout: 10_000 }).toBe(1);
    const told = events.length;
    await expect.poll(() => events.length, { timeout: 10_000 }).toBeGreaterThan(told + 20);
    clearInterval(publishing);
    const last = await hub.publish("a/b", ++count);
    await expect.poll(() => events.at(-1)?.id).toBe(last.id);
    expect(byes).toEqual([{ reason: "expired", reconnect: true }]);
    expect(asked.length).toBe(2);
    const first = events[0]?.data as number;
    expect(events.map(({ data }) => data)).toEqual(events.map((_, at) => first + at));
  });

  test("and is followed by one without the right, stops the client with 403", async () => {
    const { url, hub } = await keyedHub({ retry: 50 });
    let attempts = 0;
    const stream = connect(`${url}/events`, {
      topics: ["a"],
      headers: async () =>
        bearer(await (++attempts === 1 ? grant({ subscribe: ["a"] }, soon()) : grant({ subscribe: ["b"] }))),
    });
    const events: unknown[] = [];
    stream.on("event", ({ data }) => events.push(data));
    stream.on("bye", () => void hub.publish("a", "not any more"));
    await expect(stream.closed).rejects.toMatchObject({ status: 403 });
    expect([attempts, events]).toEqual([2, []]);
  });

  test("ends tidings subscribe, which says so: exit 1", async () => {
    const { url } = await keyedHub();
    const token = await grant({ subscribe: ["a"] }, { exp: secondsFromNow(0) });
    const cli = runCli(["subscribe", "a", "--url", url, "--token", token]);
    expect(await cli.exit).toBe(1);
    expect(cli.stderr()).toBe(
      "tidings: The token has expired. Get a fresh one, with tidings token, and start again.\n",
    );
  });
});

describe("a kick", () => {
  test("without a time keeps out whoever only publishes, and says how long", async () => {
    const { port } = await keyedHub();
    const exp = secondsFromNow(600);
    const ada = bearer(await grant({ publish: ["a"] }, { sub: "ada", exp }));
    const publish = { method: "POST", path: "/topics/a", headers: ada, body: "x" };
    expect((await ask(port, publish)).status).toBe(201);
    const root = bearer(await grant({ admin: true }));
    const { json } = await ask(port, { method: "DELETE", path: "/connections?subject=ada", headers: root });
    expect(json).toEqual({ connections: 0, until: (exp + 5) * 1000 });
    const refusal = await ask(port, publish);
    expect(refusal.json).toMatchObject({ status: 403, code: "subject_barred" });
    expect(Number(refusal.headers["retry-after"])).toBeGreaterThan(500);
  });

  test("ends all streams of a subject at once, and is 403 on every route for the time", async () => {
    const { url, port, hub } = await keyedHub();
    const all = { subscribe: ["**"], publish: ["**"], presence: ["**"], metrics: true };
    const ada = bearer(await grant({ ...all, admin: true }, { sub: "ada" }));
    const bob = bearer(await grant(all, { sub: "bob" }));
    const readers = await Promise.all([ada, ada, bob].map((headers) => listen(`${url}/events?topic=a`, headers)));
    await Promise.all(readers.map((reader) => reader.until(({ event }) => event === "tidings:live")));
    const root = bearer(await grant({ admin: true }));

    const answer = await ask(port, { method: "DELETE", path: "/connections?subject=ada&for=1h", headers: root });
    expect(answer.json).toEqual({ connections: 2, until: expect.any(Number) });
    for (const reader of readers.slice(0, 2)) {
      await reader.ended;
      expect(JSON.parse(reader.events.at(-1)?.data ?? "")).toEqual({ reason: "kicked", reconnect: false });
    }
    for (const path of ["/events?topic=a", "/topics/a", "/topics", "/access", "/presence/a", "/connections", "/stats"])
      expect((await ask(port, { path, headers: ada })).json).toMatchObject({ status: 403, code: "subject_barred" });
    for (const path of ["/topics/a", "/events", "/tokens"])
      expect((await ask(port, { method: "POST", path, headers: ada, body: "x" })).json.code).toBe("subject_barred");
    expect((await ask(port, { path: "/healthz", headers: ada })).status).toBe(200);
    expect((await ask(port, { path: "/topics/a", headers: bob })).status).toBe(200);
    expect(hub.connections().map(({ subject }) => subject)).toEqual(["bob"]);
    readers[2]?.close();
    await readers[2]?.ended;
  });

  test("holds for a publication whose body is still on its way", async () => {
    const { port, hub } = await keyedHub();
    const ada = bearer(await grant({ publish: ["a"] }, { sub: "ada" }));
    const root = bearer(await grant({ admin: true }));
    const publishing = request({
      ...{ port, host: "127.0.0.1", method: "POST", path: "/topics/a", agent: false },
      headers: { ...ada, "content-length": 4, expect: "100-continue" },
    });
    publishing.flushHeaders();
    await once(publishing, "continue");
    publishing.write("ab");
    await ask(port, { method: "DELETE", path: "/connections?subject=ada&for=1h", headers: root });
    publishing.end("cd");
    const [response] = (await once(publishing, "response")) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(403);
    expect(hub.status().publications).toBe(0);
  });

  test("outlasts a restart of the hub where its history is a file", async () => {
    const data = join(testDirectory(), "hub.db");
    const ada = bearer(await grant({ publish: ["a"] }, { sub: "ada" }));
    const root = bearer(await grant({ admin: true }));
    const before = await keyedHub({ data });
    const kick = { method: "DELETE", path: "/connections?subject=ada", headers: root };
    const { json } = await ask(before.port, kick);
    // It has shown no token, and the one it has never expires.
    expect(json).toEqual({ connections: 0, until: expect.closeTo(Date.now() + 3_600_000, -4) });
    await before.close();
    const { port } = await keyedHub({ data });
    const publish = { method: "POST", path: "/topics/a", headers: ada, body: "x" };
    expect((await ask(port, publish)).json).toMatchObject({ status: 403, code: "subject_barred" });
  });

  test("without a time lasts as long as the token", async () => {
    const { url, port } = await keyedHub();
    const exp = secondsFromNow(600);
    const ada = bearer(await grant({ subscribe: ["a"] }, { sub: "ada", exp }));
    const reader = await listen(`${url}/events?topic=a`, ada);
    const root = bearer(await grant({ admin: true }));
    const { json } = await ask(port, { method: "DELETE", path: "/connections?subject=ada", headers: root });
    expect(json).toEqual({ connections: 1, until: (exp + 5) * 1000 });
    await reader.ended;
    expect((await ask(port, { path: "/topics/a", headers: ada })).json.code).toBe("subject_barred");
  });
});

test("GET /presence says who listens to a topic, also by a pattern", async () => {
  const { url, port } = await keyedHub({ public: ["a/*"] });
  const ada = bearer(await grant({}, { sub: "ada" }));
  const readers = [
    await listen(`${url}/events?topic=a/b`, ada),
    await listen(`${url}/events?topic=a/*`, ada),
    await listen(`${url}/events?topic=a/b`),
    await listen(`${url}/events?topic=a/c`),
  ];
  await Promise.all(readers.map((reader) => reader.until(({ event }) => event === "tidings:live")));
  const headers = bearer(await grant({ presence: ["a/*"] }));
  expect((await ask(port, { path: "/presence/a/b", headers })).json).toEqual({
    topic: "a/b",
    connections: 3,
    anonymous: 1,
    subjects: [{ subject: "ada", connections: 2, since: expect.any(Number) }],
    truncated: false,
  });
  expect((await ask(port, { path: "/presence/a/*", headers })).json.code).toBe("pattern_not_allowed");
  expect((await ask(port, { path: "/presence/a/b?limit=0", headers })).json.code).toBe("invalid_parameter");
  for (const reader of readers) {
    reader.close();
    await reader.ended;
  }
});
