import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { createHub } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";
import { build } from "esbuild";
import { afterEach, describe, expect, expectTypeOf, onTestFinished, test, vi } from "vitest";
import { EventSource, type EventSourceOptions } from "../../src/event-source/index.ts";
import * as guide from "./guide.ts";

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

const STREAM = { "Content-Type": "text/event-stream" };

afterEach(() => {
  // In this order: what is spied on is the fake timer.
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Serves on a free port, until the test has ended. `count` is 1 for the first request. */
async function listen(handler: Handler): Promise<{ url: string; server: Server; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => handler(request, response, requests.push(request)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server, requests };
}

function open(url: string | URL, options?: EventSourceOptions): EventSource {
  const source = new EventSource(url, options);
  onTestFinished(() => source.close());
  return source;
}

function next(source: EventSource, type: string): Promise<MessageEvent<string>> {
  return new Promise((resolve) => source.addEventListener(type, resolve, { once: true }));
}

/** A port that nothing listens on. */
async function deadUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/`;
}

describe("[NON-SPEC] headers", () => {
  test("go out with each request, beside what the standard sends", async () => {
    const { url, requests } = await listen((_request, response) => {
      response.writeHead(200, STREAM).end("retry: 1\nid: 1\n\n");
    });
    open(url, { headers: { Authorization: "Bearer 1", "X-Other": "a" } });
    await vi.waitUntil(() => requests.length >= 2);
    for (const { headers } of requests.slice(0, 2)) {
      expect(headers).toMatchObject({ authorization: "Bearer 1", "x-other": "a", accept: "text/event-stream" });
    }
    expect(requests[0]?.headers["last-event-id"]).toBeUndefined();
    expect(requests[1]?.headers["last-event-id"]).toBe("1");
  });

  test("of a function are asked for anew at each attempt, also if it is async", async () => {
    const { url, requests } = await listen((_request, response) => {
      response.writeHead(200, STREAM).end("retry: 1\n\n");
    });
    let token = 0;
    open(url, { headers: async () => [["authorization", `Bearer ${++token}`]] });
    await vi.waitUntil(() => requests.length >= 3);
    expect(requests.slice(0, 3).map(({ headers }) => headers.authorization)).toEqual([
      "Bearer 1",
      "Bearer 2",
      "Bearer 3",
    ]);
  });

  test("of a function that fails are a failed attempt, and asked for again", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { url, requests } = await listen((_request, response) => void response.writeHead(200, STREAM).write(":\n"));
    let calls = 0;
    const source = open(url, {
      headers: () => {
        if (++calls === 1) throw new Error("no token yet");
        if (calls === 2) return Promise.reject(new Error("still none"));
        return { authorization: "Bearer 1" };
      },
    });
    for (const _time of [1, 2]) {
      await next(source, "error");
      expect(source.readyState).toBe(EventSource.CONNECTING);
      await vi.waitUntil(() => vi.getTimerCount() === 1);
      vi.runOnlyPendingTimers();
    }
    await next(source, "open");
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer 1"]);
  });

  test("may say another Accept", async () => {
    const { url, requests } = await listen((_request, response) => void response.writeHead(200, STREAM).write(":\n"));
    await next(open(url, { headers: { accept: "text/event-stream, application/json" } }), "open");
    expect(requests[0]?.headers.accept).toBe("text/event-stream, application/json");
  });

  test("that cannot be are refused by the constructor", () => {
    expect(() => new EventSource("http://localhost/", { headers: { "not a name": "x" } })).toThrow(TypeError);
  });

  test("closed while they are being asked for: no request", async () => {
    const { url, requests } = await listen((_request, response) => void response.end());
    const fetched = vi.fn(fetch);
    let give: (headers: HeadersInit) => void = () => {};
    const source = open(url, { fetch: fetched, headers: () => new Promise((resolve) => (give = resolve)) });
    source.close();
    give({});
    await new Promise((resolve) => setImmediate(resolve));
    expect(fetched).not.toHaveBeenCalled();
    expect(requests).toEqual([]);
  });
});

describe("[NON-SPEC] fetch", () => {
  test("gets the URL and the request of the standard", async () => {
    const { url } = await listen((_request, response) => void response.writeHead(200, STREAM).write(":\n"));
    const calls: [string, RequestInit][] = [];
    const recording: EventSourceOptions["fetch"] = (...call) => {
      calls.push(call);
      return fetch(...call);
    };
    await next(open(url, { fetch: recording }), "open");
    await next(open(url, { fetch: recording, withCredentials: true }), "open");
    expect(calls.map(([asked]) => asked)).toEqual([url, url]);
    expect(calls[0]?.[1]).toMatchObject({ mode: "cors", cache: "no-store", credentials: "same-origin" });
    expect(calls[1]?.[1]).toMatchObject({ mode: "cors", cache: "no-store", credentials: "include" });
    expect(calls[0]?.[1].signal).toBeInstanceOf(AbortSignal);
    expect(calls[0]?.[1].method ?? "GET").toBe("GET");
  });

  test("is the global one as it is at each request", async () => {
    const { url } = await listen((_request, response) => void response.writeHead(200, STREAM).end("retry: 1\n\n"));
    const source = open(url);
    await next(source, "open");
    const later = vi.spyOn(globalThis, "fetch");
    await next(source, "open");
    expect(later).toHaveBeenCalled();
  });

  test("that does not heed the signal: the stream is released all the same", async () => {
    const closed: number[] = [];
    const { url } = await listen((_request, response, count) => {
      response.on("close", () => closed.push(count));
      response.writeHead(200, STREAM).write("data: 1\n\n");
    });
    const deaf: EventSourceOptions["fetch"] = (asked, { signal: _, ...init }) => fetch(asked, init);
    const source = open(url, { fetch: deaf });
    await next(source, "message");
    source.close();
    await vi.waitUntil(() => closed.length === 1);

    const early = open(url, { fetch: deaf });
    await new Promise((resolve) => setImmediate(resolve));
    early.close();
    await vi.waitUntil(() => closed.length === 2);
  });

  test("whose response has no URL: the origin is that of the URL asked for", async () => {
    const source = open("http://example.test/a", {
      fetch: async () => new Response("data: 1\n\n", { headers: STREAM }),
    });
    expect((await next(source, "message")).origin).toBe("http://example.test");
  });

  test("whose response has no body: opens, and comes back", async () => {
    const source = open("http://example.test/a", { fetch: async () => new Response(null, { headers: STREAM }) });
    await next(source, "open");
    await next(source, "error");
    expect(source.readyState).toBe(EventSource.CONNECTING);
  });
});

describe("[NON-SPEC] base", () => {
  test("is what a relative URL is relative to", async () => {
    const { url, requests } = await listen((_request, response) => void response.writeHead(200, STREAM).write(":\n"));
    const source = open("../events?a=1", { base: `${url}x/y` });
    expect(source.url).toBe(`${url}events?a=1`);
    await next(source, "open");
    expect(requests[0]?.url).toBe("/events?a=1");
    expect(open("//127.0.0.1:1/", { base: new URL(url) }).url).toBe("http://127.0.0.1:1/");
    expect(open(url, { base: "http://elsewhere.test/" }).url).toBe(url);
  });

  test("without one, a relative URL is a SyntaxError where there is no page", () => {
    expect(() => new EventSource("/events")).toThrow(expect.objectContaining({ name: "SyntaxError", code: 12 }));
  });
});

describe("when a server fails", () => {
  /** Counts attempts; what each waits for is told by the timer that follows. */
  async function watch(url: string): Promise<{ source: EventSource; waits: (count: number) => Promise<number[]> }> {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const timers = vi.spyOn(globalThis, "setTimeout");
    const source = open(url);
    return {
      source,
      async waits(count) {
        const waited: number[] = [];
        while (waited.length < count) {
          const before = timers.mock.calls.length;
          await vi.waitUntil(() => timers.mock.calls.length > before || vi.getTimerCount() > 0, { interval: 1 });
          waited.push(timers.mock.calls.at(-1)?.[1] ?? Number.NaN);
          vi.runOnlyPendingTimers();
          await new Promise((resolve) => setImmediate(resolve));
        }
        return waited;
      },
    };
  }

  test("attempts that fail one after the other come ever later, up to a bound, and by chance", async () => {
    const url = await deadUrl();
    const chance = vi.spyOn(Math, "random").mockReturnValue(1);
    const { waits } = await watch(url);
    expect(await waits(8)).toEqual([4_000, 5_000, 7_000, 11_000, 19_000, 33_000, 33_000, 33_000]);
    chance.mockReturnValue(0.5);
    expect(await waits(1)).toEqual([18_000]);
  });

  test("one that opened ends the series: the next wait is the reconnection time", async () => {
    const { url } = await listen((request, response, count) => {
      if (count <= 2) request.socket.destroy();
      else response.writeHead(200, STREAM).end(":\n");
    });
    vi.spyOn(Math, "random").mockReturnValue(1);
    const { waits } = await watch(url);
    expect(await waits(5)).toEqual([4_000, 5_000, 3_000, 3_000, 3_000]);
  });

  test("a retry: of 0 is no hot loop when the server has gone", async () => {
    const { url, server } = await listen((_request, response) => {
      response.writeHead(200, { ...STREAM, Connection: "close" }).end("retry: 0\n\n");
      server.close();
    });
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const { waits } = await watch(url);
    const waited = await waits(6);
    expect(waited[0]).toBe(0);
    expect(waited.slice(1)).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
  });

  test("one that opens and closes at once is asked once for each reconnection time", async () => {
    const { url, requests } = await listen((_request, response) => void response.writeHead(200, STREAM).end());
    const { waits } = await watch(url);
    expect(await waits(4)).toEqual([3_000, 3_000, 3_000, 3_000]);
    expect(requests.length).toBeLessThanOrEqual(5);
  });

  test("close() while it waits leaves no timer", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const source = open(await deadUrl());
    await next(source, "error");
    await vi.waitUntil(() => vi.getTimerCount() === 1);
    source.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("an event longer than the parser holds ends it; those in front of it arrive", async () => {
    const { url, requests } = await listen((_request, response) => {
      response.writeHead(200, STREAM);
      response.write(`data: 1\n\ndata: ${"x".repeat(17 * 1024 * 1024)}`);
    });
    const source = open(url);
    const data: string[] = [];
    source.onmessage = (event) => data.push(event.data);
    await next(source, "error");
    expect(source.readyState).toBe(EventSource.CLOSED);
    expect(data).toEqual(["1"]);
    await vi.waitUntil(() => requests[0]?.socket.destroyed === true);
  });
});

describe("what is left behind", () => {
  test("nothing: neither streams nor timers, by those that were closed at any moment", async () => {
    let streams = 0;
    const { url, requests } = await listen((_request, response, count) => {
      streams++;
      response.on("close", () => streams--);
      response.writeHead(200, STREAM).write("retry: 1\ndata: 1\n\n");
      // Some end by themselves, so that some sources are closed while they wait.
      if (count % 3 === 0) response.end();
    });
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    for (let wave = 0; wave < 10; wave++) {
      const sources = Array.from({ length: 20 }, () => new EventSource(url));
      await Promise.all(
        sources.map(async (source, index) => {
          if (index % 4 === 1) await next(source, "open");
          if (index % 4 === 2) await next(source, "message");
          if (index % 4 === 3) await new Promise((resolve) => setImmediate(resolve));
          source.close();
        }),
      );
    }
    await vi.waitUntil(() => streams === 0);
    expect(requests.length).toBeGreaterThanOrEqual(100);
    await vi.waitUntil(() => timers() <= before + 1);
  });

  test("a source that reconnects 300 times warns of no listeners, and holds one connection", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on("warning", note);
    onTestFinished(() => void process.off("warning", note));
    const { url, server, requests } = await listen((_request, response) => {
      response.writeHead(200, STREAM).end("retry: 0\ndata: 1\n\n");
    });
    const source = open(url);
    await vi.waitUntil(() => requests.length >= 300, { timeout: 15_000 });
    expect(warnings).toEqual([]);
    const connections = await new Promise<number>((resolve) => server.getConnections((_e, count) => resolve(count)));
    expect(connections).toBeLessThanOrEqual(2);
    source.close();
  });

  test("a process that has closed its sources ends by itself", async () => {
    const { url } = await listen((_request, response) => void response.writeHead(200, STREAM).write("data: 1\n\n"));
    const module = new URL("../../dist/event-source/index.js", import.meta.url).href;
    const code = `import { EventSource } from ${JSON.stringify(module)};
      const source = new EventSource(${JSON.stringify(url)});
      source.onmessage = ({ data }) => { console.log(data); source.close(); };`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    let printed = "";
    child.stdout.on("data", (chunk: Buffer) => {
      printed += chunk;
    });
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(printed).toBe("1\n");
  });
});

describe("with a Tidings hub", () => {
  test("everything once, in order, over a disconnect; the end of the topic closes it for good", async () => {
    const hub = createHub({ retry: 20 });
    onTestFinished(() => hub.close({ drain: 0 }));
    const handle = nodeHandler(hub, { topics: ["jobs/7"] });
    const { url, requests } = await listen((request, response) => void handle(request, response));
    const source = open(url);
    const data: string[] = [];
    source.onmessage = (event) => data.push(event.data);
    await next(source, "tidings:live");
    const first = await hub.publish("jobs/7", "1");
    await hub.publish("jobs/7", "2");
    await vi.waitUntil(() => data.length === 2);
    const [connection] = hub.connections();
    hub.disconnect(connection?.id ?? "");
    await hub.publish("jobs/7", "3");
    await next(source, "tidings:live");
    expect(requests[1]?.headers["last-event-id"]).not.toBe(first.id);
    await hub.publish("jobs/7", "4", { end: true });
    while (source.readyState !== EventSource.CLOSED) await next(source, "error");
    expect(data).toEqual(["1", "2", "3", "4"]);
  });
});

describe("the guide", () => {
  test("listens with a fresh token, and tells a reconnect from the end", async () => {
    const { url, requests } = await listen((_request, response, count) => {
      if (count === 1) response.writeHead(200, STREAM).end("retry: 1\ndata: hello\n\n");
      else response.writeHead(204).end();
    });
    let tokens = 0;
    const shown: string[] = [];
    const source = guide.listen(
      url,
      async () => String(++tokens),
      (text) => shown.push(text),
    );
    onTestFinished(() => source.close());
    await vi.waitUntil(() => source.readyState === source.CLOSED);
    await vi.waitUntil(() => shown.length === 3);
    expect(shown).toEqual(["hello", "reconnecting", "closed for good"]);
    expect(requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ["/events?topic=news", "Bearer 1"],
      ["/events?topic=news", "Bearer 2"],
    ]);
  });
});

describe("the module", () => {
  test("does nothing when it is imported: what is not used costs nothing", async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `import { EventSource } from "@tidings/client/eventsource";`,
        resolveDir: fileURLToPath(new URL(".", import.meta.url)),
      },
      bundle: true,
      minify: true,
      write: false,
      format: "esm",
      platform: "browser",
    });
    expect(outputFiles[0]?.text.trim()).toBe("");
  });

  test("is of the types of the browser's own", () => {
    expectTypeOf<typeof EventSource>().toExtend<typeof globalThis.EventSource>();
    const typed = (source: EventSource): void => {
      source.onmessage = ({ data, lastEventId }) => {
        expectTypeOf(data).toEqualTypeOf<string>();
        expectTypeOf(lastEventId).toEqualTypeOf<string>();
      };
      source.addEventListener("price", function ({ data }) {
        expectTypeOf(this).toEqualTypeOf<EventSource>();
        expectTypeOf(data).toEqualTypeOf<string>();
      });
      source.addEventListener("error", { handleEvent: (event) => expectTypeOf(event).toEqualTypeOf<Event>() });
    };
    expect(typed).toBeTypeOf("function");
  });
});
