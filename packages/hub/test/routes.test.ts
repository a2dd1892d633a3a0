import { describe, expect, test } from "vitest";
import { ask } from "./support/http.ts";
import { testHub } from "./support/hub.ts";
import { listen } from "./support/stream.ts";

describe("POST /topics/<topic>", () => {
  test.each<[string, string | undefined, string]>([
    ["text", "text/plain", "Hello, world"],
    ["what curl -d calls a form", "application/x-www-form-urlencoded", "a=1&b=%20"],
    ["JSON, not touched", "application/json", ' {"a" : 1.0}\n'],
    ["JSON of a kind", "application/vnd.a+json", "[]"],
    ["no type at all", undefined, "x"],
    ["lines, a NUL and a byte order mark", "text/plain", "\ufeffa\r\nb\n\0c\n"],
    ["characters of all sizes", "text/plain; charset=utf-8", "aé€😀"],
    ["nothing", "text/plain", ""],
    ["all that fits", "text/plain", "x".repeat(2 ** 20)],
  ])("publishes %s as it is", async (_name, type, body) => {
    const { port } = await testHub();
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };

    const answer = await ask(port, { method: "POST", path: "/topics/a/b", headers, body });

    expect(answer.status).toBe(201);
    expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(answer.json).toEqual({ id: expect.any(String), topic: "a/b" });
    const { json } = await ask(port, { path: "/topics/a/b" });
    expect(json.events).toEqual([{ id: answer.json.id, topic: "a/b", data: body, time: expect.any(Number) }]);
  });

  test("reaches who listens, with its name", async () => {
    const { url, port } = await testHub();
    const reader = await listen(`${url}/events?topic=a/*`);
    await reader.until(({ event }) => event === "tidings:live");

    const { json } = await ask(port, { method: "POST", path: "/topics/a/b?event=price", body: "1\n2" });

    expect(await reader.until(({ event }) => event === "price")).toEqual({
      id: json.id,
      event: "price",
      topic: "a/b",
      data: "1\n2",
    });
    reader.close();
    await reader.ended;
  });

  test("decodes each level of the topic by itself", async () => {
    const { port } = await testHub();
    const topic = "straße/100% sure?/a+b/#1";
    const path = `/topics/${topic.split("/").map(encodeURIComponent).join("/")}`;
    expect((await ask(port, { method: "POST", path, body: "x" })).json.topic).toBe(topic);
    expect((await ask(port, { path })).json.events).toHaveLength(1);
    expect((await ask(port, { method: "DELETE", path })).status).toBe(204);
  });

  test("takes a topic as long as topics get", async () => {
    const { port } = await testHub();
    const topic = "é".repeat(128);
    const answer = await ask(port, { method: "POST", path: `/topics/${encodeURIComponent(topic)}`, body: "x" });
    expect(answer.json.topic).toBe(topic);
  });

  test("answers a repeated key with the first id, and 200", async () => {
    const { port } = await testHub();
    const question = { method: "POST", path: "/topics/a", headers: { "idempotency-key": "k-1" }, body: "x" };
    const first = await ask(port, question);
    const second = await ask(port, question);
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.json).toEqual(first.json);
    expect((await ask(port, { path: "/topics/a" })).json.events).toHaveLength(1);
  });

  test("ends a topic, with a last event or without one", async () => {
    const { url, port } = await testHub();
    const reader = await listen(`${url}/events?topic=a&topic=b`);
    await reader.until(({ event }) => event === "tidings:live");

    const last = await ask(port, { method: "POST", path: "/topics/a?end=true", body: "bye" });
    const bare = await ask(port, { method: "POST", path: "/topics/b?end=true" });

    expect([last.status, bare.status]).toEqual([201, 201]);
    await reader.ended;
    const told = reader.events.filter(({ event }) => event === "message" || event === "tidings:end");
    expect(told.map(({ id, event, topic }) => [id, event, topic])).toEqual([
      [last.json.id, "message", "a"],
      [last.json.id, "tidings:end", "a"],
      [bare.json.id, "tidings:end", "b"],
    ]);
    const back = await ask(port, { path: "/events?topic=a&topic=b", headers: { "last-event-id": bare.json.id } });
    expect(back.status, "there is nothing more to come").toBe(204);
  });
});

describe("POST /events", () => {
  test.each([
    ["lines", (events: unknown[]) => `${events.map((event) => JSON.stringify(event)).join("\n")}\n`],
    [
      "lines of Windows, with blank ones",
      (events: unknown[]) => `\r\n${events.map((event) => JSON.stringify(event)).join("\r\n\r\n")}`,
    ],
    ["an array", (events: unknown[]) => JSON.stringify(events, null, 2)],
  ])("publishes many in order: %s", async (_name, write) => {
    const { port } = await testHub();
    const body = write([
      { topic: "a", data: "text, as it is" },
      { topic: "b", data: { any: ["JSON"] }, event: "thing", key: "k" },
      { topic: "a", data: null },
      { topic: "c", end: true },
      { topic: "a", data: 4, end: true },
    ]);

    const answer = await ask(port, { method: "POST", path: "/events", body });

    expect(answer.status).toBe(201);
    const { ids } = answer.json;
    expect(ids).toHaveLength(5);
    const held = async (topic: string) => (await ask(port, { path: `/topics/${topic}` })).json.events;
    expect(await held("a")).toMatchObject([
      { id: ids[0], data: "text, as it is" },
      { id: ids[2], data: "null" },
      { id: ids[4], data: "4", end: true },
    ]);
    expect(await held("b")).toMatchObject([{ id: ids[1], event: "thing", data: '{"any":["JSON"]}' }]);
    expect(await held("c")).toMatchObject([{ id: ids[3], end: true }]);
  });

  test("gives known keys their first ids", async () => {
    const { port } = await testHub();
    const body = '{"topic":"a","data":1,"key":"k"}';
    const first = await ask(port, { method: "POST", path: "/events", body });
    const second = await ask(port, { method: "POST", path: "/events", body });
    expect(second.json).toEqual(first.json);
  });
});

describe("GET /events", () => {
  test("starts at once with its own headers and tidings:open", async () => {
    const { url } = await testHub();
    const reader = await listen(`${url}/events?topic=a&topic=b/**`);
    const open = await reader.until(({ event }) => event === "tidings:open");
    expect(JSON.parse(open.data)).toMatchObject({ heartbeat: 15_000, topics: ["a", "b/**"] });
    expect(Object.fromEntries(reader.response.headers)).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
      "x-content-type-options": "nosniff",
    });
    reader.close();
    await reader.ended;
  });

  test("resumes after a last event id, exactly", async () => {
    const { url, hub } = await testHub();
    const first = await hub.publish("a", "1");
    await hub.publish("other", "x");
    await hub.publish("a", "2");
    const reader = await listen(`${url}/events?topic=a`, { "last-event-id": first.id });
    await reader.until(({ event }) => event === "tidings:live");
    await hub.publish("a", "3");
    await reader.until(({ data }) => data === "3");
    expect(reader.events.filter(({ topic }) => topic === "a").map(({ data }) => data)).toEqual(["2", "3"]);
    reader.close();
    await reader.ended;
  });

  test("takes all the topics that one reader may name, at their longest", async () => {
    const { url } = await testHub();
    const topics = Array.from({ length: 100 }, (_, at) => `${at}-`.padEnd(128, "é"));
    const query = topics.map((topic) => `topic=${encodeURIComponent(topic)}`).join("&");
    const reader = await listen(`${url}/events?${query}`);
    const open = await reader.until(({ event }) => event === "tidings:open");
    expect(JSON.parse(open.data).topics).toHaveLength(100);
    reader.close();
    await reader.ended;
  });
});

describe("GET /topics", () => {
  test("lists in order, in pages", async () => {
    const { port, hub } = await testHub();
    for (const topic of ["b", "a", "c"]) await hub.publish(topic, "12345");
    const last = await hub.publish("a", "678", { end: true });

    const first = await ask(port, { path: "/topics?limit=2" });
    const rest = await ask(port, { path: "/topics?limit=2&after=b" });

    expect(first.json.truncated).toBe(true);
    expect(first.json.topics.map(({ topic }: { topic: string }) => topic)).toEqual(["a", "b"]);
    expect(first.json.topics[0]).toEqual({
      topic: "a",
      count: 2,
      bytes: 8,
      firstId: expect.any(String),
      lastId: last.id,
      lastTime: expect.any(Number),
      ended: true,
      readers: 0,
    });
    expect(rest.json).toMatchObject({ topics: [{ topic: "c", ended: false }], truncated: false });
    expect(rest.headers["cache-control"]).toBe("no-store");
  });
});

test("GET /topics tells how many listen to each, by itself or by a pattern, each once", async () => {
  const { url, port, hub } = await testHub();
  for (const topic of ["a/1", "a/2", "b"]) await hub.publish(topic, "x");
  const readers = await Promise.all(
    ["topic=a/1", "topic=a/1&topic=a/*&topic=**", "topic=a/**"].map((query) => listen(`${url}/events?${query}`)),
  );
  const { json } = await ask(port, { path: "/topics" });
  expect(json.topics.map((topic: { readers: number }) => topic.readers)).toEqual([3, 2, 1]);
  for (const reader of readers) reader.close();
});

describe("GET /topics?search=", () => {
  test("finds what is in names and what a pattern matches, and tells whether there is more", async () => {
    const { port, hub } = await testHub();
    for (const topic of ["orders/42", "orders/7", "prices/42", "a/orders"]) await hub.publish(topic, "x");
    const find = async (query: string): Promise<unknown> => {
      const { json } = await ask(port, { path: `/topics?${query}` });
      return [json.topics.map(({ topic }: { topic: string }) => topic), json.truncated];
    };
    expect(await find("search=42")).toEqual([["orders/42", "prices/42"], false]);
    expect(await find("search=orders/*")).toEqual([["orders/42", "orders/7"], false]);
    expect(await find("search=orders&limit=2")).toEqual([["a/orders", "orders/42"], true]);
    expect(await find("search=orders&limit=2&after=orders/42")).toEqual([["orders/7"], false]);
    // Not a pattern: no topic has a star in its name.
    expect(await find("search=o*")).toEqual([[], false]);
    expect(await find("search=")).toEqual([["a/orders", "orders/42", "orders/7", "prices/42"], false]);
  });

  test("finds the needle behind a thousand others", async () => {
    const { port, hub } = await testHub();
    await hub.publishBatch(
      Array.from({ length: 2_500 }, (_, n) => ({ topic: `t/${String(n).padStart(4, "0")}`, data: "x" })),
    );
    const { json } = await ask(port, { path: "/topics?search=2499&limit=1" });
    expect(json).toMatchObject({ topics: [{ topic: "t/2499" }], truncated: false });
  });
});

describe("GET /topics/<topic>", () => {
  test("reads history in pages", async () => {
    const { port, hub } = await testHub();
    for (const data of ["1", "2", "3"]) await hub.publish("a", data, { event: "n" });

    const first = await ask(port, { path: "/topics/a?limit=2" });
    const rest = await ask(port, { path: `/topics/a?limit=2&after=${first.json.next}` });

    expect(first.json).toMatchObject({ upToDate: false, events: [{ data: "1", event: "n" }, { data: "2" }] });
    expect(rest.json).toMatchObject({ upToDate: true, events: [{ data: "3" }] });
    expect(rest.json.gap).toBeUndefined();
    expect(rest.headers["cache-control"]).toBe("no-store");
  });

  test("reads it back from its end, in pages", async () => {
    const { port, hub } = await testHub();
    for (const data of ["1", "2", "3"]) await hub.publish("a", data);

    const last = await ask(port, { path: "/topics/a?last=2" });
    const older = await ask(port, { path: `/topics/a?last=2&before=${last.json.previous}` });

    expect(last.json).toMatchObject({ upToDate: true, events: [{ data: "2" }, { data: "3" }] });
    expect(older.json).toMatchObject({ upToDate: false, events: [{ data: "1" }] });
    expect(older.json.previous).toBeUndefined();
    const on = await ask(port, { path: `/topics/a?after=${older.json.next}` });
    expect(on.json.events).toEqual(last.json.events);
  });

  test("tells a gap", async () => {
    const { port } = await testHub();
    const { json } = await ask(port, { path: "/topics/a?after=nonsense" });
    expect(json.gap).toMatchObject({ reason: "unknown", after: "nonsense" });
  });
});

test("DELETE /topics/<topic> forgets history, keys and end", async () => {
  const { port } = await testHub();
  const publish = { method: "POST", path: "/topics/a?end=true", headers: { "idempotency-key": "k" }, body: "x" };
  await ask(port, publish);

  expect((await ask(port, { method: "DELETE", path: "/topics/a" })).status).toBe(204);

  expect((await ask(port, { path: "/topics" })).json.topics).toEqual([]);
  expect((await ask(port, { ...publish, body: "y" })).status).toBe(201);
});

describe("/connections", () => {
  test("lists who listens, and closes one", async () => {
    const { url, port } = await testHub();
    const reader = await listen(`${url}/events?topic=a`);
    await listen(`${url}/events?topic=b`).then(async (other) => {
      await other.until(({ event }) => event === "tidings:live");
    });
    const open = await reader.until(({ event }) => event === "tidings:open");
    const id = JSON.parse(open.data).connection;

    const all = await ask(port, { path: "/connections" });
    expect(all.json.truncated).toBe(false);
    expect(all.json.connections).toHaveLength(2);
    expect(all.json.connections).toContainEqual({
      id,
      topics: ["a"],
      address: "127.0.0.1",
      since: expect.any(Number),
      state: "live",
      position: expect.any(String),
      lag: 0,
      buffered: 0,
      transport: "http/1.1",
    });
    expect((await ask(port, { path: "/connections?limit=1" })).json).toMatchObject({ truncated: true });

    expect((await ask(port, { method: "DELETE", path: `/connections/${id}?reconnect=false` })).status).toBe(204);
    await reader.ended;
    const bye = reader.events.at(-1);
    expect(bye?.event).toBe("tidings:bye");
    expect(JSON.parse(bye?.data ?? "")).toEqual({ reason: "kicked", reconnect: false });
    expect((await ask(port, { method: "DELETE", path: `/connections/${id}` })).status).toBe(404);
  });
});

test("GET /connections?search= finds who listens to a topic, and whatever has the text", async () => {
  const { url, port } = await testHub();
  const topics = ["orders/42", "orders/**", "orders/7", "prices/*"];
  const ids: string[] = [];
  for (const topic of topics) {
    const reader = await listen(`${url}/events?topic=${topic}`);
    ids.push(JSON.parse((await reader.until(({ event }) => event === "tidings:open")).data).connection);
  }
  const find = async (search: string, limit = 10): Promise<unknown> => {
    const { json } = await ask(port, { path: `/connections?search=${encodeURIComponent(search)}&limit=${limit}` });
    return [json.connections.flatMap((found: { topics: string[] }) => found.topics), json.truncated];
  };
  expect(await find("orders/42")).toEqual([["orders/42", "orders/**"], false]);
  expect(await find("orders/**")).toEqual([["orders/**"], false]);
  expect(await find("orders", 2)).toEqual([["orders/42", "orders/**"], true]);
  expect(await find(ids[3] ?? "")).toEqual([["prices/*"], false]);
  expect(await find("nobody")).toEqual([[], false]);
});

describe("health", () => {
  test("/healthz says that it is alive, and counts", async () => {
    const { url, port, hub } = await testHub();
    await hub.publish("a", "1");
    const reader = await listen(`${url}/events?topic=a`);
    await reader.until(({ event }) => event === "tidings:live");
    const { status, json } = await ask(port, { path: "/healthz" });
    expect(status).toBe(200);
    expect(json).toEqual({
      status: "ok",
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      uptime: expect.any(Number),
      connections: 1,
      publications: 1,
      store: "memory",
    });
    reader.close();
    await reader.ended;
  });

  test("/readyz says whether publications can come", async () => {
    const { port } = await testHub();
    const { status, json } = await ask(port, { path: "/readyz" });
    expect({ status, json }).toEqual({ status: 200, json: { status: "ready" } });
  });
});

describe("HEAD and OPTIONS", () => {
  test.each(["/topics", "/topics/a", "/connections", "/healthz", "/readyz"])(
    "HEAD %s is GET without the body",
    async (path) => {
      const { port } = await testHub();
      const get = await ask(port, { path });
      const head = await ask(port, { method: "HEAD", path });
      expect(head.status).toBe(200);
      expect(head.text).toBe("");
      expect(head.headers["content-length"]).toBe(get.headers["content-length"]);
    },
  );

  test.each([
    ["/topics", "GET, HEAD, OPTIONS"],
    ["/topics/a", "DELETE, GET, HEAD, OPTIONS, POST"],
    ["/events", "GET, OPTIONS, POST"],
    ["/connections/1", "DELETE, OPTIONS"],
  ])("OPTIONS %s says %s", async (path, allow) => {
    const { port } = await testHub();
    const answer = await ask(port, { method: "OPTIONS", path });
    expect(answer.status).toBe(204);
    expect(answer.headers.allow).toBe(allow);
  });
});

describe("the page", () => {
  test("is served under a strict policy, its assets for ever", async () => {
    const { port } = await testHub();
    const page = await ask(port, { path: "/" });
    expect(page.status).toBe(200);
    expect(page.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    });
    expect(page.headers["content-security-policy"]).toMatch(/^default-src 'self';.*frame-ancestors 'none'/);
    const [, asset] = /src="\.?\/?(assets\/[^"]+\.js)"/.exec(page.text) ?? [];
    const loaded = await ask(port, { path: `/${asset}` });
    expect(loaded.status).toBe(200);
    expect(loaded.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(loaded.headers["content-encoding"]).toBeUndefined();
    // The same route, for who takes it compressed: what a cache must know.
    const packed = await ask(port, { path: `/${asset}`, headers: { "accept-encoding": "br, gzip" } });
    expect(packed.headers).toMatchObject({ "content-encoding": "gzip", vary: "Origin, Accept-Encoding" });
    expect(packed.headers["content-type"]).toBe(loaded.headers["content-type"]);
    expect(Number(packed.headers["content-length"])).toBeLessThan(Number(loaded.headers["content-length"]) / 2);
  });

  test.each([
    "/../package.json",
    "/..%2fpackage.json",
    "/assets/../../cli.js",
    "/.tsbuildinfo",
    "/.vite/manifest.json",
  ])("%s is not part of it", async (path) => {
    const { port } = await testHub();
    const { status, text } = await ask(port, { path });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(text).not.toContain('tidings",');
  });
});
