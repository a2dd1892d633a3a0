import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { serve as serveHono } from "@hono/node-server";
import {
  sse as fetchSse,
  type SseContext,
  type SseEvent,
  type SseOptions,
  type SseSource,
} from "@tidings/server/fetch";
import { sse as nodeSse } from "@tidings/server/node";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Runtime } from "../../src/ports/runtime.ts";
import { listen, type Served, served as servedBy } from "./adapters.ts";
import { type Answer, eventually, toBlocks } from "./answer.ts";
import { http1Client, http2Client, webClient } from "./clients.ts";
import { openRaw } from "./raw.ts";

type Serve = (source: SseSource, options: SseOptions) => Promise<Served>;

const SERVERS: readonly (readonly [string, Serve])[] = [
  [
    "node:http",
    (source, options) =>
      listen(
        createServer((request, response) => nodeSse(request, response, source, options)),
        http1Client,
      ),
  ],
  [
    "node:http2",
    (source, options) =>
      listen(
        createHttp2Server((request, response) => nodeSse(request, response, source, options)),
        http2Client,
      ),
  ],
  [
    "Express 5",
    (source, options) => {
      const app = express();
      app.all("/", (request, response) => nodeSse(request, response, source, options));
      return listen(createServer(app), http1Client);
    },
  ],
  [
    "Fastify 5",
    async (source, options) => {
      const app = fastify();
      app.all("/", (request, reply) => {
        reply.hijack();
        nodeSse(request.raw, reply.raw, source, options);
      });
      await app.ready();
      return listen(app.server, http1Client);
    },
  ],
  [
    "Hono on Node",
    async (source, options) => {
      const app = new Hono();
      app.all("/", (context) => fetchSse(context.req.raw, source, options));
      const server = serveHono({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }) as Server;
      if (!server.listening) await once(server, "listening");
      return servedBy(server, http1Client);
    },
  ],
  [
    "fetch",
    async (source, options) => ({
      client: webClient((request) => fetchSse(request, source, options)),
      open: async () => 0,
      close: async () => {},
    }),
  ],
];

const SECRET = "password of the database";

/** A promise, and what settles it. */
function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

describe.for(SERVERS)("sse with %s", ([, serve]) => {
  const errors: unknown[] = [];
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  let served: Served;

  async function start(source: SseSource, options: SseOptions = {}): Promise<void> {
    served = await serve(source, { onError: (error) => errors.push(error), ...options });
  }

  const get = (path = "/", headers: Record<string, string> = {}): Promise<Answer> =>
    served.client.get(path, { headers });

  beforeEach(() => void process.on("unhandledRejection", onRejection));
  afterEach(async () => {
    served.client.close();
    await served.close();
    process.off("unhandledRejection", onRejection);
    expect(errors.splice(0)).toEqual([]);
    expect(rejections.splice(0)).toEqual([]);
  });

  test("sends what the source yields, to the byte, and ends when it does", async () => {
    await start(async function* () {
      yield "plain\ntext";
      yield { data: { total: 9 }, event: "price", id: "7" };
      yield { data: "", retry: 500 };
      yield { id: "8" };
    });
    const { status, headers, body } = await get();
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    });
    expect(await body.ended()).toBe("end");
    expect(body.text).toBe(
      ': \n\ndata: plain\ndata: text\n\nid: 7\nevent: price\ndata: {"total":9}\n\nretry: 500\ndata: \n\nid: 8\n\n',
    );
  });

  test("the first byte is there before the source has anything", async () => {
    const go = deferred();
    await start(async function* () {
      await go.promise;
      yield "at last";
    });
    const { body } = await get();
    await body.until(": \n\n");
    expect(body.text).toBe(": \n\n");
    go.resolve();
    await body.until("data: at last\n\n");
  });

  test("tells the source where its reader comes back from: the header, which wins, or the address", async () => {
    await start(async function* ({ lastEventId }) {
      yield `from ${lastEventId}`;
    });
    for (const [path, headers, expected] of [
      ["/", {}, "from undefined"],
      ["/?lastEventId=5", {}, "from 5"],
      ["/?lastEventId=5", { "last-event-id": "6" }, "from 6"],
    ] as const) {
      const { body } = await get(path, headers);
      await body.ended();
      expect(toBlocks(body.text)).toContainEqual({ data: expected });
    }
  });

  test("answers any method", async () => {
    await start(async function* () {
      yield "posted";
    });
    const { status, body } = await served.client.get("/", { method: "POST" });
    expect(status).toBe(200);
    await body.until("data: posted\n\n");
  });

  describe("a source that fails", () => {
    test("cuts the stream: no clean end, nothing of the error; the application is told", async () => {
      const error = new Error(SECRET);
      await start(async function* () {
        yield "one";
        throw error;
      });
      const { body } = await get();
      expect(await body.ended()).toBe("cut");
      expect(body.text).not.toContain(SECRET);
      expect(errors.splice(0)).toEqual([error]);
    });

    test("before its first event, too", async () => {
      const error = new Error(SECRET);
      await start(() => {
        throw error;
      });
      // With luck the head was out before.
      const ending = await get().then(
        ({ body }) => body.ended(),
        () => "cut",
      );
      expect(ending).toBe("cut");
      expect(errors.splice(0)).toEqual([error]);
    });

    test.for<[string, unknown, string]>([
      ["a line break in the event's name", { event: "a\ndata: forged", data: "x" }, "line_break"],
      ["a carriage return in the id", { id: "1\rdata: forged", data: "x" }, "line_break"],
      ["a NUL in the id", { id: "1\0", data: "x" }, "nul"],
      ["a retry that is no number", { retry: "1\ndata: forged" as unknown as number }, "invalid_retry"],
      ["a field that is none", { message: "hello" }, "invalid_data"],
      ["a number", 42, "invalid_data"],
      ["null", null, "invalid_data"],
      ["what JSON cannot say", { data: 1n }, "invalid_data"],
    ])("by %s is closed, and nothing of the event is sent", async ([, event, code]) => {
      let isClosed = false;
      await start(async function* () {
        try {
          yield event as SseEvent;
        } finally {
          isClosed = true;
        }
      });
      const answer = await get().catch(() => undefined);
      if (answer !== undefined) {
        expect(await answer.body.ended()).toBe("cut");
        expect(answer.body.text).not.toContain("forged");
      }
      await eventually(() => isClosed);
      expect(errors.splice(0)).toEqual([expect.objectContaining({ code })]);
    });
  });

  describe("a reader that leaves", () => {
    test("fires the signal, and the source's finally runs", async () => {
      const seen: string[] = [];
      await start(async function* ({ signal }) {
        try {
          yield "waiting";
          await once(signal, "abort");
          seen.push(`aborted: ${(signal.reason as Error).name}`);
          yield "to nobody";
          seen.push("went on");
        } finally {
          seen.push("finally");
        }
      });
      const { body, leave } = await get();
      await body.until("data: waiting\n\n");
      leave();
      await eventually(() => seen.includes("finally"));
      expect(seen).toEqual(["aborted: AbortError", "finally"]);
    });

    test("stops a source that passes the signal on, whose AbortError is no news", async () => {
      let isDone = false;
      await start(async function* ({ signal }) {
        try {
          yield "waiting";
          await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        } finally {
          isDone = true;
        }
      });
      const { body, leave } = await get();
      await body.until("data: waiting\n\n");
      leave();
      await eventually(() => isDone);
    });

    test("and a source whose clean-up fails: the application is told", async () => {
      const error = new Error(SECRET);
      await start(async function* ({ signal }) {
        try {
          yield "waiting";
          await once(signal, "abort");
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: it is what a failing clean-up looks like
          throw error;
        }
      });
      const { body, leave } = await get();
      await body.until("data: waiting\n\n");
      leave();
      await eventually(() => errors.length > 0);
      expect(errors.splice(0)).toEqual([error]);
    });

    test("closes an iterator that waits for its next event, at once", async () => {
      let isClosed = false;
      let settle = (_result: IteratorResult<string>): void => {};
      const iterator: AsyncIterator<string> = {
        next: () => new Promise((resolve) => (settle = resolve)),
        return: async () => {
          isClosed = true;
          settle({ done: true, value: undefined });
          return { done: true, value: undefined };
        },
      };
      await start(() => ({ [Symbol.asyncIterator]: () => iterator }));
      const { body, leave } = await get();
      await body.until(": \n\n");
      leave();
      await eventually(() => isClosed);
    });

    test("while it had stopped reading: the source, which waits for it, is closed", async () => {
      let count = 0;
      let isClosed = false;
      await start(async function* () {
        try {
          for (;;) yield `${count++} ${"x".repeat(10_000)}`;
        } finally {
          isClosed = true;
        }
      });
      const { pause, leave } = await get();
      pause();
      await stopsRising(() => count);
      leave();
      await eventually(() => isClosed);
      const after = count;
      await new Promise(setImmediate);
      expect(count).toBe(after);
    });
  });

  test("a reader that stops reading stops the source, and loses nothing", async () => {
    const total = 3_000;
    let count = 0;
    await start(async function* () {
      while (count < total) yield `${count++} ${"x".repeat(10_000)}`;
    });
    const { body, pause, resume } = await get();
    pause();
    await stopsRising(() => count);
    // What the operating system's buffers of a loopback hold, and not all of the 30 MB.
    expect(count).toBeLessThan(total);
    resume();
    expect(await body.ended()).toBe("end");
    const numbers = toBlocks(body.text).flatMap(({ data }) => (data === undefined ? [] : [Number.parseInt(data, 10)]));
    expect(numbers).toEqual([...Array(total).keys()]);
  });

  test("a source that never waits leaves the event loop to others", async () => {
    let isStopped = false;
    await start(async function* () {
      while (!isStopped) yield "x";
    });
    const { body } = await get();
    await body.until("data: x\n\n".repeat(20));
    for (let n = 0; n < 20; n++) await new Promise(setImmediate);
    isStopped = true;
    expect(await body.ended()).toBe("end");
  });

  test("sends a comment within the heartbeat of silence, and none when there is no silence", async () => {
    const clock = new Clock();
    const next = [deferred(), deferred()] as const;
    await start(
      async function* () {
        await next[0].promise;
        yield "one";
        await next[1].promise;
      },
      { heartbeat: 10_000, runtime: clock },
    );
    const { body } = await get();
    await body.until(": \n\n");
    clock.pass(9_999);
    next[0].resolve();
    await body.until("data: one\n\n");
    clock.pass(8_000);
    expect(body.text).toBe(": \n\ndata: one\n\n");
    clock.pass(2_000);
    await body.until("one\n\n: \n\n");
    expect(clock.intervals).toBe(1);
    next[1].resolve();
    await body.ended();
    await eventually(() => clock.intervals === 0);
  });

  test("a reader that takes nothing for eight heartbeats is cut, and leaves no timer", async () => {
    const clock = new Clock();
    let count = 0;
    let isClosed = false;
    await start(
      async function* ({ signal }: SseContext) {
        try {
          while (!signal.aborted) yield `${count++} ${"x".repeat(100_000)}`;
        } finally {
          isClosed = true;
        }
      },
      { heartbeat: 1_000, runtime: clock },
    );
    const { pause } = await get();
    pause();
    await stopsRising(() => count);
    clock.pass(7_000);
    expect(isClosed).toBe(false);
    clock.pass(2_000);
    await eventually(() => isClosed && clock.intervals === 0);
  });
});

describe("sse on a socket of HTTP/1.1", () => {
  test("an end leaves the connection to further requests; HTTP/1.0 gets one of its own", async () => {
    const source: SseSource = async function* () {
      yield "x";
    };
    const { port, close, client } = await listen(
      createServer((request, response) => nodeSse(request, response, source)),
      http1Client,
    );
    const raw = await openRaw(port as number);
    for (let n = 1; n <= 3; n++) {
      raw.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      await eventually(() => raw.body.text.split("\r\n0\r\n\r\n").length === n + 1);
    }
    raw.socket.destroy();
    const old = await openRaw(port as number);
    old.send("GET / HTTP/1.0\r\n\r\n");
    expect(await old.body.ended()).toBe("end");
    expect(old.body.text).toMatch(/\r\n\r\n: \n\ndata: x\n\n$/);
    client.close();
    await close();
  });

  test("a response that is taken already is an error of the caller's", async () => {
    const thrown: unknown[] = [];
    const { client, close } = await listen(
      createServer((request, response) => {
        response.end("taken");
        try {
          nodeSse(request, response, async function* () {
            yield "never";
          });
        } catch (error) {
          thrown.push(error);
        }
      }),
      http1Client,
    );
    const { body } = await client.get("/");
    await body.ended();
    expect(body.text).toBe("taken");
    expect(thrown).toEqual([expect.objectContaining({ code: "ERR_HTTP_HEADERS_SENT" })]);
    client.close();
    await close();
  });

  test("an option that is none is an error of the caller's", () => {
    const source: SseSource = async function* () {};
    expect(() => fetchSse(new Request("http://localhost/"), source, { heartbeat: 0 })).toThrow(
      expect.objectContaining({ code: "invalid_option" }),
    );
  });
});

/** Intervals in the hands of a test; all else as it is. */
class Clock implements Runtime {
  readonly #intervals = new Set<{ readonly every: number; next: number; readonly task: () => void }>();
  #now = 0;

  get intervals(): number {
    return this.#intervals.size;
  }

  pass(milliseconds: number): void {
    const until = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#intervals].filter(({ next }) => next <= until).sort((a, b) => a.next - b.next)[0];
      if (due === undefined) break;
      this.#now = due.next;
      due.next += due.every;
      due.task();
    }
    this.#now = until;
  }

  now(): number {
    return this.#now;
  }

  random(): number {
    return 0.5;
  }

  atEndOfTurn(task: () => void): void {
    setImmediate(task);
  }

  elapsed(): number {
    return this.#now;
  }

  after(): () => void {
    throw new Error("not used here");
  }

  every(every: number, task: () => void): () => void {
    const interval = { every, next: this.#now + every, task };
    this.#intervals.add(interval);
    return () => void this.#intervals.delete(interval);
  }

  wait(): Promise<void> {
    throw new Error("not used here");
  }
}

/** Settles when a number has risen, and has then stayed the same over many turns of the event loop. */
async function stopsRising(read: () => number): Promise<void> {
  let last = 0;
  let quiet = 0;
  await eventually(() => {
    const now = read();
    quiet = now === last && now > 0 ? quiet + 1 : 0;
    last = now;
    return quiet > 50;
  });
}
