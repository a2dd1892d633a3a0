import { describe, expect, onTestFinished, test, vi } from "vitest";
import { backoff, parseRetryAfter } from "../../src/backoff.ts";
import { connect } from "../../src/connect.ts";
import { environment } from "../../src/environment.ts";
import type { ClientError } from "../../src/errors.ts";
import type { Attempt } from "../../src/types.ts";
import { startServer } from "./support/server.ts";
import { createWorld, listen, open } from "./support/world.ts";

const PROBLEM = { "content-type": "application/problem+json" };

/** The error that a stream is closed by. */
async function failure(closed: Promise<void>): Promise<ClientError> {
  return closed.then(
    () => expect.fail("closed without an error"),
    (error: ClientError) => error,
  );
}

describe("headers", () => {
  test("are asked for anew for each attempt, and told what came of the last", async () => {
    const attempts: Attempt[] = [];
    const server = await startServer((exchange, number) => {
      if (number === 1) return exchange.cut();
      if (number === 2) return exchange.refuse(503);
      exchange.stream();
      if (number === 3) exchange.end();
    });
    open(server.url, {
      headers: async (attempt) => {
        attempts.push(attempt);
        return { "x-number": String(attempt.number) };
      },
    });
    await server.exchange(4);
    expect(attempts.map(({ number, lastStatus }) => [number, lastStatus])).toEqual([
      [1, undefined],
      [2, undefined],
      [3, 503],
      [4, 200],
    ]);
    expect(server.asked.map(({ headers }) => headers["x-number"])).toEqual(["1", "2", "3", "4"]);
    expect(attempts.map(({ signal }) => signal.aborted)).toEqual([true, true, true, false]);
  });

  test("a 401 asks for fresh ones once, at once, and the stream resumes", async () => {
    let token = "stale";
    const server = await startServer((exchange, number) => {
      if (exchange.asked.headers.authorization !== token) return exchange.refuse(401);
      exchange.stream(`id: ${number}\ndata: x\n\n`);
    });
    const given: (number | undefined)[] = [];
    const world = createWorld({ isStill: true });
    const stream = open(
      server.url,
      {
        headers: ({ lastStatus }) => {
          given.push(lastStatus);
          return { authorization: lastStatus === 401 ? "fresh" : "stale" };
        },
      },
      world,
    );
    const heard = listen(stream);
    await vi.waitFor(() => expect(heard.of("event").length).toBe(1));
    token = "fresh";
    (await server.exchange(1)).cut();
    await vi.waitFor(() => expect(world.timers).toContain(0));
    world.elapse(0);
    await vi.waitFor(() => expect(heard.of("event").length).toBe(2));
    expect(given).toEqual([undefined, 200, 401]);
    expect(server.asked[2]?.headers["last-event-id"]).toBe("1");
    expect(heard.codes()).toEqual(["network", "http_status"]);
    expect(stream.error).toBeUndefined();
  });

  test("a second 401 in a row stops", async () => {
    const server = await startServer((exchange) => exchange.refuse(401));
    const stream = open(server.url, { headers: () => ({}) });
    expect(await failure(stream.closed)).toMatchObject({ code: "http_status", status: 401 });
    expect(server.asked.length).toBe(2);
  });

  test("a 401 stops at once where headers cannot change", async () => {
    const server = await startServer((exchange) => exchange.refuse(401));
    await failure(open(server.url, { headers: { authorization: "stale" } }).closed);
    expect(server.asked.length).toBe(1);
  });

  test.each<[string, () => HeadersInit | Promise<HeadersInit>]>([
    ["throws", () => expect.fail("no token")],
    ["rejects", () => Promise.reject(new Error("no token"))],
    ["gives what are no headers", () => ({ "not a name": "x" })],
  ])("a function that %s is asked again later", async (_name, fails) => {
    const server = await startServer((exchange) => exchange.stream("data: x\n\n"));
    const stream = open(server.url, { headers: ({ number }) => (number < 3 ? fails() : {}) });
    const heard = listen(stream);
    await vi.waitFor(() => expect(heard.data()).toEqual(["x"]));
    expect(heard.codes()).toEqual(["headers_failed", "headers_failed"]);
    expect(heard.of("status")).toEqual(["waiting", "connecting", "waiting", "connecting", "open"]);
    expect(server.asked.length).toBe(1);
  });

  test("a function that never answers does not outlive its attempt", async () => {
    const server = await startServer();
    const signals: AbortSignal[] = [];
    const stream = open(server.url, {
      headers: ({ signal }) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    });
    await vi.waitFor(() => expect(signals.length).toBe(1));
    stream.close();
    await stream.closed;
    expect(signals[0]?.aborted).toBe(true);
  });
});

describe("other methods than GET", () => {
  test("are not repeated after a cut, a refusal or a stall", async () => {
    const cut = await startServer((exchange) => {
      exchange.stream("data: 1\n\n");
      setTimeout(exchange.cut, 20);
    });
    const stream = open(cut.url, { method: "POST", body: "x" });
    const heard = listen(stream);
    const error = await failure(stream.closed);
    expect(error.code).toBe("not_idempotent");
    expect(error.cause).toMatchObject({ code: "network" });
    expect(heard.data()).toEqual([1]);
    expect(cut.asked.length).toBe(1);

    const refusing = await startServer((exchange) => exchange.refuse(503));
    expect(await failure(open(refusing.url, { method: "POST" }).closed)).toMatchObject({ status: 503 });
    const tokens = open(refusing.url, { method: "POST", headers: () => ({}) });
    await failure(tokens.closed);
    expect(refusing.asked.length).toBe(2);

    const silent = await startServer((exchange) => exchange.stream());
    const stalled = await failure(open(silent.url, { method: "POST", stall: 30 }).closed);
    expect(stalled.cause).toMatchObject({ code: "stalled" });
    expect(silent.asked.length).toBe(1);
  });

  test("end with their answer, without an error", async () => {
    const server = await startServer((exchange) => {
      exchange.stream("data: 1\n\ndata: 2\n\n");
      exchange.end();
    });
    const stream = open(server.url, { method: "POST", body: '{"prompt":"hi"}' });
    const data: unknown[] = [];
    for await (const event of stream) data.push(event.data);
    expect(data).toEqual([1, 2]);
    await stream.closed;
    expect(stream.error).toBeUndefined();
    expect(server.asked.length).toBe(1);
  });

  test("are repeated, body and all, if they are said to be idempotent, or by restart", async () => {
    const server = await startServer((exchange, number) => {
      exchange.stream();
      if (number === 1) exchange.end();
    });
    open(server.url, { method: "REPORT", body: "x", idempotent: true });
    await server.exchange(2);
    const stream = open(server.url, { method: "POST", body: "y" });
    await server.exchange(3);
    stream.restart();
    await server.exchange(4);
    expect(server.asked.map(({ method, body }) => method + body)).toEqual(["REPORTx", "REPORTx", "POSTy", "POSTy"]);
  });

  test("are not cut and sent anew because a page is hidden, left, or offline for a while", async () => {
    const server = await startServer((exchange) => exchange.stream());
    const world = createWorld();
    const stream = open(server.url, { method: "POST", hidden: "pause" }, world);
    await vi.waitFor(() => expect(stream.status).toBe("open"));
    world.isPageHidden = true;
    for (const type of ["visibilitychange", "pagehide", "offline", "online", "pageshow"] as const) world.fire(type);
    expect(stream.status).toBe("open");
    expect(server.asked.length).toBe(1);
  });
});

describe("answers", () => {
  test.each([400, 403, 404, 409, 410, 418, 451, 201, 206])("%i stops, with status and problem", async (status) => {
    const problem = {
      type: "about:blank",
      title: "No",
      status,
      code: "topic_required",
      detail: "Name a topic.",
      field: "t",
    };
    const server = await startServer((exchange) => exchange.refuse(status, PROBLEM, JSON.stringify(problem)));
    const stream = open(server.url);
    const heard = listen(stream);
    const error = await failure(stream.closed);
    expect(error).toMatchObject({ code: "http_status", status, problem, message: "Name a topic." });
    expect(stream).toMatchObject({ status: "closed", error });
    expect(heard.all.map(({ type, event }) => (type === "status" ? event : type))).toEqual(["error", "closed"]);
    expect(server.asked.length).toBe(1);
    await vi.waitFor(() => expect(stream.getSnapshot().error).toBe(error));
  });

  test.each([
    ["no JSON", PROBLEM, "<html>"],
    ["JSON of another kind", PROBLEM, '"no"'],
    ["a page", { "content-type": "text/html" }, "<html>"],
    ["nothing", {}, ""],
  ])("a refusal with %s is told by its status", async (_name, headers, body) => {
    const server = await startServer((exchange) => exchange.refuse(404, headers, body));
    const error = await failure(open(server.url).closed);
    expect(error.problem).toBeUndefined();
    expect(error.message).toBe(`${server.url} answered 404.`);
  });

  test("a refusal whose body never ends is not waited for", async () => {
    const server = await startServer((exchange) => {
      exchange.response.writeHead(404, PROBLEM);
      exchange.send('{"detail":');
    });
    const world = createWorld({ isStill: true });
    const stream = open(server.url, {}, world);
    await vi.waitFor(() => expect(world.timers).toContain(5000));
    world.elapse(5000);
    expect(await failure(stream.closed)).toMatchObject({ status: 404, problem: undefined });
    await (await server.exchange(1)).gone;
  });

  test.each([429, 500, 502, 503, 504])("%i is tried again, and told", async (status) => {
    const server = await startServer((exchange, number) =>
      number < 3 ? exchange.refuse(status) : exchange.stream("data: 1\n\n"),
    );
    const stream = open(server.url);
    const heard = listen(stream);
    await vi.waitFor(() => expect(heard.data()).toEqual([1]));
    expect(heard.of("error").map((error) => [error.code, error.status])).toEqual(
      Array(2).fill(["http_status", status]),
    );
    expect(stream.error).toBeUndefined();
  });

  test("204 stops without an error", async () => {
    const server = await startServer((exchange, number) => {
      if (number === 2) return exchange.refuse(204);
      exchange.stream("data: 1\n\n");
      exchange.end();
    });
    const stream = open(server.url);
    const data: unknown[] = [];
    for await (const event of stream) data.push(event.data);
    await stream.closed;
    expect(data).toEqual([1]);
    expect(stream).toMatchObject({ status: "closed", error: undefined });
  });

  test.each(["text/html", "text/event-streams", "application/json", ""])("the content type %j stops", async (type) => {
    const server = await startServer((exchange) => exchange.stream("data: 1\n\n", { "content-type": type }));
    const stream = open(server.url);
    const heard = listen(stream);
    expect(await failure(stream.closed)).toMatchObject({ code: "content_type", status: 200 });
    expect(heard.data()).toEqual([]);
    await (await server.exchange(1)).gone;
  });

  test.each(["text/event-stream;charset=utf-8", "TEXT/Event-Stream ; x=y"])(
    "the content type %j is right",
    async (type) => {
      const server = await startServer((exchange) => exchange.stream("data: 1\n\n", { "content-type": type }));
      const heard = listen(open(server.url));
      await vi.waitFor(() => expect(heard.data()).toEqual([1]));
    },
  );

  test.each([301, 302, 303, 307, 308])("%i is followed, anew each time", async (status) => {
    const server = await startServer((exchange, number) => {
      exchange.stream(`id: ${number}\ndata: 1\n\n`);
      if (number === 1) exchange.end();
    });
    const door = await startServer((exchange) => exchange.refuse(status, { location: server.url }));
    open(door.url);
    expect((await server.exchange(2)).asked.headers["last-event-id"]).toBe("1");
    expect(door.asked.length).toBe(2);
  });

  test("an event too long for any reader stops", async () => {
    const server = await startServer((exchange) => {
      exchange.stream();
      const piece = `data: ${"x".repeat(1024 * 1024)}\n`;
      for (let count = 0; count < 20; count++) exchange.send(piece);
    });
    const stream = open(server.url);
    expect(await failure(stream.closed)).toMatchObject({ code: "protocol" });
    await (await server.exchange(1)).gone;
  });

  test("nobody there: tried again until somebody is", async () => {
    const before = await startServer();
    await before.close();
    const stream = open(before.url);
    const heard = listen(stream);
    await vi.waitFor(() => expect(heard.codes().length).toBeGreaterThan(2));
    expect(new Set(heard.codes())).toEqual(new Set(["network"]));
    expect(stream.error?.message).toContain("ECONNREFUSED");
    await startServer((exchange) => exchange.stream("data: 1\n\n"), before.port);
    await vi.waitFor(() => expect(heard.data()).toEqual([1]));
  });
});

describe("backing off", () => {
  /** The wait after so many failures, by chance from 0 to 1. */
  const wait = (failures: number, chance: number, retry?: number): number =>
    backoff({ environment: { ...environment, random: () => chance }, options: {}, retry }, failures);

  test("is exponential with full jitter, up to maxDelay", () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 50].map((failures) => wait(failures, 1));
    expect(longest).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    for (const failures of [1, 2, 50]) expect(wait(failures, 0)).toBe(0);
  });

  test("takes a server at its word, and then spreads out above it", () => {
    for (const chance of [0, 1]) expect(wait(1, chance, 2000)).toBe(2000);
    expect(wait(3, 0, 2000)).toBe(2000);
    expect(wait(3, 1, 2000)).toBe(8000);
    expect(wait(9, 1, 60_000)).toBe(60_000);
    expect(wait(1, 1, Number.MAX_SAFE_INTEGER)).toBe(86_400_000);
  });

  test("a server that names 0 is not met without a pause for ever", () => {
    expect(wait(1, 1, 0)).toBe(0);
    expect(wait(4, 1, 0)).toBe(800);
  });

  test("is by real servers: retry:, doubling, and anew after a healthy while", async () => {
    let isUp = true;
    const server = await startServer((exchange) => {
      if (!isUp) return exchange.cut();
      exchange.stream("retry: 300\nid: 1\ndata: x\n\n");
    });
    let now = 0;
    const world = createWorld({ isStill: true, random: () => 1, now: () => now });
    const stream = open(server.url, {}, world);
    await vi.waitFor(() => expect(stream.lastEventId).toBe("1"));
    isUp = false;
    server.exchanges[0]?.cut();
    // It was cut soon after its beginning, which is a failure like others; nothing is known to be healthy yet.
    for (const delay of [300, 600, 1200]) {
      await vi.waitFor(() => expect(world.timers).toContain(delay));
      expect(stream.status).toBe("waiting");
      if (delay === 1200) isUp = true;
      world.elapse(delay);
    }
    await vi.waitFor(() => expect(stream.status).toBe("open"));
    now += 5000;
    isUp = false;
    server.exchanges.at(-1)?.cut();
    await vi.waitFor(() => expect(world.timers).toContain(300));
  });

  test("a server that ends its answer after each event is healthy", async () => {
    const server = await startServer((exchange, number) => {
      exchange.stream(`retry: 10\nid: ${number}\ndata: ${number}\n\n`);
      exchange.end();
    });
    const world = createWorld({ isStill: true, random: () => 1 });
    const heard = listen(open(server.url, {}, world));
    for (let count = 1; count < 6; count++) {
      await vi.waitFor(() => expect(world.timers).toEqual([10]));
      expect(heard.data().length).toBe(count);
      world.elapse(10);
      await server.exchange(count + 1);
    }
  });

  test("one that ends without a word is not: no storm", async () => {
    const server = await startServer((exchange) => {
      exchange.stream();
      exchange.end();
    });
    const world = createWorld({ isStill: true, random: () => 1 });
    open(server.url, {}, world);
    for (const delay of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      await vi.waitFor(() => expect(world.timers).toEqual([delay]));
      world.elapse(delay);
    }
  });

  test("Retry-After: seconds, and a date by the server's clock or ours", () => {
    const parse = (headers: Record<string, string>): number | undefined =>
      parseRetryAfter(new Headers(headers), Date.parse("2026-01-01T00:00:00Z"));
    expect(parse({})).toBeUndefined();
    expect(parse({ "retry-after": "soon" })).toBeUndefined();
    expect(parse({ "retry-after": "120" })).toBe(120_000);
    expect(parse({ "retry-after": "99999999999" })).toBe(86_400_000);
    expect(parse({ "retry-after": "Thu, 01 Jan 2026 00:01:30 GMT" })).toBe(90_000);
    expect(parse({ "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" })).toBe(0);
    const clock = { date: "Fri, 02 Jan 2026 00:00:00 GMT" };
    expect(parse({ ...clock, "retry-after": "Fri, 02 Jan 2026 00:00:07 GMT" })).toBe(7000);
  });

  test("Retry-After is obeyed beyond maxDelay, and is the least", async () => {
    const server = await startServer((exchange, number) =>
      exchange.refuse(503, { "retry-after": number === 1 ? "90" : "0" }),
    );
    const world = createWorld({ isStill: true, random: () => 1 });
    open(server.url, { maxDelay: 5000 }, world);
    for (const delay of [90_000, 2000, 4000, 5000]) {
      await vi.waitFor(() => expect(world.timers).toEqual([delay]));
      world.elapse(delay);
    }
  });
});

describe("options", () => {
  test("waits without end are no waits of nothing, as they are to timers", async () => {
    const server = await startServer((exchange, number) => (number === 1 ? exchange.refuse(503) : exchange.stream()));
    const stream = connect(server.url, {
      stall: Number.POSITIVE_INFINITY,
      maxDelay: Number.POSITIVE_INFINITY,
      retry: 20,
    });
    onTestFinished(() => stream.close());
    await vi.waitFor(() => expect(stream.status).toBe("open"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(stream.status).toBe("open");
    expect(server.asked.length).toBe(2);
  });

  test.each([
    ["url", "http://", {}],
    ["url", "/events", {}],
    ["body", "http://localhost", { body: "x" }],
    ["body", "http://localhost", { body: "x", method: "get" }],
    ["identity", "http://localhost", { share: "tabs" as const }],
    ["stall", "http://localhost", { stall: -1 }],
    ["maxDelay", "http://localhost", { maxDelay: Number.NaN }],
    ["queue.limit", "http://localhost", { queue: { limit: -1 } }],
  ])("%s is refused, by name, before anything is asked", (field, url, options) => {
    expect(() => open(url, options)).toThrow(
      expect.objectContaining({ name: "ClientError", code: "invalid_option", field }),
    );
  });

  test("relative addresses are relative to the page or worker", async () => {
    const server = await startServer((exchange) => exchange.stream());
    const stream = open(
      "../b?c",
      { topics: ["t"] },
      createWorld({ base: () => server.url.replace("events", "x/y/z") }),
    );
    expect(stream.url).toBe(server.url.replace("events", "x/b?c"));
    expect((await server.exchange(1)).asked.url.search).toBe("?c=&topic=t");
  });
});
