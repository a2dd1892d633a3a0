import { getEventListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { StandardSchema } from "@tidings/wire/topics";
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { startServer } from "./support/server.ts";
import { createWorld, listen, open, take } from "./support/world.ts";

const OPEN = 'id: e-0\nretry: 10\nevent: tidings:open\ndata: {"connection":"c","heartbeat":15000,"topics":["a"]}\n\n';

const events = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, at) => `id: ${from + at}\ndata: ${from + at}\n\n`).join("");

describe("what a hub says", () => {
  test("is told by type, and never as an event", async () => {
    const server = await startServer((exchange) => {
      exchange.stream(OPEN);
      exchange.send('id: e-1\nevent: tidings:gap\ndata: {"reason":"trimmed","after":"e-0","resumesAt":"e-1"}\n\n');
      exchange.send("id: e-2\nevent: price\ntopic: a\ndata: 1\n\n");
      exchange.send("id: e-2\nevent: tidings:live\ndata: {}\n\n");
      exchange.send("event: tidings:of-the-future\ndata: {}\n\n: hello\n\n");
      exchange.send('id: e-2\nevent: tidings:end\ntopic: a\ndata: {"topic":"a"}\n\n');
      exchange.end();
    });
    const stream = open(server.url);
    const heard = listen(stream);
    const iterated: unknown[] = [];
    for await (const event of stream) iterated.push(event);
    const price = { id: "e-2", event: "price", topic: "a", data: 1 };
    expect(iterated).toEqual([price]);
    expect(heard.all).toEqual([
      { type: "status", event: "open" },
      { type: "open", event: { connection: "c", heartbeat: 15000 } },
      { type: "gap", event: { reason: "trimmed", after: "e-0", resumesAt: "e-1" } },
      { type: "event", event: price },
      { type: "live", event: { id: "e-2" } },
      { type: "comment", event: "hello" },
      { type: "end", event: { topic: "a" } },
      { type: "status", event: "closed" },
    ]);
  });

  test("open is told once for each connection, also by a server that says nothing", async () => {
    const server = await startServer((exchange) => exchange.stream());
    const heard = listen(open(server.url));
    await vi.waitFor(() => expect(heard.of("open")).toEqual([{ connection: undefined, heartbeat: undefined }]));
    (await server.exchange(1)).send("data: 1\n\n");
    await vi.waitFor(() => expect(heard.data()).toEqual([1]));
    expect(heard.of("open").length).toBe(1);
  });

  test("bye: comes back in its time, or not at all", async () => {
    const server = await startServer((exchange, number) => {
      const reconnect = number === 1;
      exchange.stream(`${OPEN}event: tidings:bye\nretry: 3500\ndata: {"reason":"drain","reconnect":${reconnect}}\n\n`);
      exchange.end();
    });
    const world = createWorld({ isStill: true });
    const stream = open(server.url, {}, world);
    const heard = listen(stream);
    await vi.waitFor(() => expect(world.timers).toEqual([3500]));
    expect(heard.codes()).toEqual([]);
    world.elapse(3500);
    await stream.closed;
    expect(heard.of("bye")).toEqual([
      { reason: "drain", reconnect: true },
      { reason: "drain", reconnect: false },
    ]);
  });

  const end = (topic: string, id = "e-1"): string =>
    `id: ${id}\nevent: tidings:end\ntopic: ${topic}\ndata: {"topic":"${topic}"}\n\n`;
  const opening = (...topics: string[]): string =>
    `id: e-0\nevent: tidings:open\ndata: ${JSON.stringify({ connection: "c", heartbeat: 15000, topics })}\n\n`;

  test("end of all topics: closed, and never asked again", async () => {
    const server = await startServer((exchange) => {
      exchange.stream(`${opening("a", "b")}${end("b")}id: e-2\ntopic: a\ndata: 1\n\n${end("a", "e-2")}`);
      exchange.end();
    });
    const world = createWorld({ isStill: true });
    const stream = open(server.url, { topics: ["a", "b"] }, world);
    const heard = listen(stream);
    const data: unknown[] = [];
    for await (const event of stream) data.push(event.data);
    await stream.closed;
    expect(data).toEqual([1]);
    expect(heard.of("status")).toEqual(["open", "closed"]);
    expect(stream).toMatchObject({ status: "closed", error: undefined, lastEventId: "e-2" });
    await sleep(50);
    expect(world.timers).toEqual([]);
    expect(server.asked.length).toBe(1);
  });

  test("end of all topics, one of them in an earlier connection: closed too", async () => {
    const server = await startServer((exchange, number) => {
      exchange.stream(opening("a", "b") + end(number === 1 ? "a" : "b", `e-${number}`));
      exchange.end();
    });
    const stream = open(server.url);
    await stream.closed;
    await sleep(50);
    expect(server.asked.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "e-1"]);
  });

  test.each([
    ["a pattern, which never ends", opening("a", "b/**") + end("a") + end("b/1")],
    ["another topic", opening("a", "b") + end("a")],
    ["topics that have begun anew", `${opening("a", "b") + end("a")}id: e-3\ntopic: a\ndata: 1\n\n${end("b", "e-4")}`],
    ["topics that are not known", OPEN.replace(',"topics":["a"]', "") + end("a")],
  ])("end of some topics, with %s: comes back", async (_name, text) => {
    const server = await startServer((exchange, number) => {
      if (number === 2) return exchange.refuse(204);
      exchange.stream(text);
      exchange.end();
    });
    const stream = open(server.url);
    const heard = listen(stream);
    await stream.closed;
    // At once: what the server says next may well be that it was all.
    expect(heard.of("status")).toEqual(["open", "connecting", "closed"]);
    expect(server.asked.length).toBe(2);
  });

  test("a server that always ends so is not asked without a pause", async () => {
    const server = await startServer((exchange) => {
      exchange.stream(`${OPEN.replace(',"topics":["a"]', "")}event: tidings:end\ndata: {"topic":"a"}\n\n`);
      exchange.end();
    });
    const world = createWorld({ isStill: true });
    open(server.url, {}, world);
    await vi.waitFor(() => expect(world.timers.length).toBe(1));
    expect(server.asked.length).toBe(2);
  });

  test("live is true from tidings:live until the connection goes", async () => {
    const server = await startServer((exchange) => exchange.stream(OPEN));
    const stream = open(server.url, {}, createWorld({ isStill: true }));
    const first = await server.exchange(1);
    await vi.waitFor(() => expect(stream.getSnapshot()).toMatchObject({ status: "open", live: false }));
    first.send("id: e-1\nevent: tidings:live\ndata: {}\n\n");
    await vi.waitFor(() => expect(stream.getSnapshot()).toMatchObject({ live: true, lastEventId: "e-1" }));
    first.cut();
    await vi.waitFor(() => expect(stream.getSnapshot()).toMatchObject({ status: "waiting", live: false }));
  });
});

describe("iterators", () => {
  test("several at once get every event each, from the call on", async () => {
    const server = await startServer((exchange) => exchange.stream(events(1, 3)));
    const stream = open(server.url);
    const both = await Promise.all([take(stream, 3), take(stream, 3)]);
    for (const taken of both) expect(taken.map(({ data }) => data)).toEqual([1, 2, 3]);
    const late = take(stream, 1);
    (await server.exchange(1)).send(events(4, 4));
    expect((await late).map(({ data }) => data)).toEqual([4]);
  });

  test("leaving the last loop closes the stream, leaving another does not", async () => {
    const server = await startServer((exchange) => exchange.stream(events(1, 3)));
    const stream = open(server.url);
    const other = stream[Symbol.asyncIterator]();
    for await (const { data } of stream) if (data === 2) break;
    expect(stream.status).toBe("open");
    expect((await other.next()).value).toMatchObject({ data: 1 });
    await other.return?.();
    expect(stream.status).toBe("closed");
    await (await server.exchange(1)).gone;
    expect(await other.next()).toEqual({ done: true, value: undefined });
  });

  test("await using closes it", async () => {
    const server = await startServer((exchange) => exchange.stream(events(1, 1)));
    {
      await using stream = open(server.url);
      expect((await take(stream, 1)).length).toBe(1);
    }
    {
      using stream = open(server.url);
      await take(stream, 1);
    }
    for (const number of [1, 2]) await (await server.exchange(number)).gone;
  });

  test("an error that closes the stream is thrown, once, behind what came before it", async () => {
    const server = await startServer((exchange, number) => {
      if (number === 2) return exchange.refuse(403);
      exchange.stream(events(1, 2));
      exchange.end();
    });
    const stream = open(server.url);
    const iterator = stream[Symbol.asyncIterator]();
    await stream.closed.catch(() => {});
    expect((await iterator.next()).value).toMatchObject({ data: 1 });
    expect((await iterator.next()).value).toMatchObject({ data: 2 });
    await expect(iterator.next()).rejects.toMatchObject({ code: "http_status", status: 403 });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    await expect(take(stream, 1)).rejects.toMatchObject({ status: 403 });
  });

  test("close and a signal end them at once, without what they have not taken, and without an error", async () => {
    const server = await startServer((exchange) => exchange.stream(events(1, 3)));
    const controller = new AbortController();
    const stream = open(server.url, { signal: controller.signal });
    const iterator = stream[Symbol.asyncIterator]();
    await vi.waitFor(() => expect(stream.lastEventId).toBe("3"));
    controller.abort();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(await stream[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
    await stream.closed;
    await (await server.exchange(1)).gone;
  });

  test("a signal that lives on is let go of", async () => {
    const server = await startServer((exchange) => exchange.stream());
    const { signal } = new AbortController();
    const stream = open(server.url, { signal });
    await server.exchange(1);
    expect(getEventListeners(signal, "abort").length).toBe(1);
    stream.close();
    expect(getEventListeners(signal, "abort").length).toBe(0);
  });

  test("a signal that has gone already: nothing is asked", async () => {
    const server = await startServer();
    const stream = open(server.url, { signal: AbortSignal.abort() });
    await stream.closed;
    expect(stream.status).toBe("closed");
    stream.restart();
    stream.setTopics(["a"]);
    await sleep(20);
    expect(server.asked.length).toBe(0);
  });

  test("pause: a slow one stops the reading, so that the server feels it, and nothing is lost", async () => {
    const size = 100_000;
    const total = 400;
    let sent = 0;
    const server = await startServer(async ({ stream, response }) => {
      stream();
      for (; sent < total; sent++) {
        const hasRoom = response.write(`id: ${sent}\ndata: ${sent}${"x".repeat(size)}\n\n`);
        if (!hasRoom) await new Promise((resolve) => response.once("drain", resolve));
      }
      response.end();
    });
    const stream = open(server.url, { raw: true, queue: { limit: 3 }, stall: 1500 });
    const heard = listen(stream);
    const iterator = stream[Symbol.asyncIterator]();
    const first = await iterator.next();
    // All that can be on its way is: sockets and queue are full.
    let before = -1;
    while (sent !== before) {
      before = sent;
      await sleep(100);
    }
    expect(sent).toBeLessThan(total);
    // Others are held too, and the watchdog does not take the silence for death.
    expect(heard.data().length).toBeLessThan(20);
    await sleep(2000);
    expect(heard.codes()).toEqual([]);
    const numbers = [Number.parseInt(String(first.value?.data), 10)];
    while (numbers.length < total) {
      const { value } = await iterator.next();
      numbers.push(Number.parseInt(String(value?.data), 10));
    }
    expect(numbers).toEqual(Array.from({ length: total }, (_, at) => at));
  });

  test("pause: reads on when the slow one leaves, and can be closed meanwhile", async () => {
    const server = await startServer((exchange) => exchange.stream(events(1, 5)));
    const stream = open(server.url, { queue: { limit: 2 } });
    const slow = stream[Symbol.asyncIterator]();
    const heard = listen(stream);
    const fast = stream[Symbol.asyncIterator]();
    for (let count = 0; count < 5; count++) await fast.next();
    const first = await server.exchange(1);
    first.send(events(6, 6));
    await sleep(50);
    expect(heard.data().length).toBe(5);
    await slow.return?.();
    expect((await fast.next()).value).toMatchObject({ data: 6 });
    const full = stream[Symbol.asyncIterator]();
    first.send(events(7, 9));
    await vi.waitFor(() => expect(heard.data().length).toBe(9));
    stream.close();
    expect(await full.next()).toMatchObject({ done: true });
    await first.gone;
  });

  test("drop-oldest: the newest stay, and error says how many went", async () => {
    const server = await startServer((exchange) => exchange.stream(events(1, 10)));
    const stream = open(server.url, { queue: { limit: 3, overflow: "drop-oldest" } });
    const heard = listen(stream);
    const iterator = stream[Symbol.asyncIterator]();
    await vi.waitFor(() => expect(heard.of("error").map(({ code, count }) => [code, count])).toEqual([["dropped", 7]]));
    const rest = [(await iterator.next()).value, (await iterator.next()).value, (await iterator.next()).value];
    expect(rest.map((event) => event?.data)).toEqual([8, 9, 10]);
    expect(stream.error).toBeUndefined();
  });
});

describe("listeners", () => {
  test("can be stopped, also from within, and harm no one by throwing", async () => {
    const uncaught: unknown[] = [];
    const catching = (error: unknown): void => void uncaught.push(error);
    const own = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", catching);
    try {
      const server = await startServer((exchange) => exchange.stream(events(1, 2)));
      const stream = open(server.url);
      const heard: unknown[] = [];
      const stop = stream.on("event", ({ data }) => {
        heard.push(["first", data]);
        stop();
        stopOther();
        stream.on("event", (event) => heard.push(["late", event.data]));
        throw new Error("mine");
      });
      const stopOther = stream.on("event", () => heard.push("never"));
      stream.on("event", ({ data }) => heard.push(["second", data]));
      await vi.waitFor(() =>
        expect(heard).toEqual([
          ["first", 1],
          ["second", 1],
          ["second", 2],
          ["late", 2],
        ]),
      );
      expect(uncaught).toEqual([new Error("mine")]);
    } finally {
      process.off("uncaughtException", catching);
      for (const listener of own) process.on("uncaughtException", listener);
    }
  });

  test("hear nothing after close, which may come from any of them", async () => {
    for (const type of ["event", "comment", "open", "status", "live"] as const) {
      const live = "id: e-1\nevent: tidings:live\ndata: {}\n\n";
      const server = await startServer((exchange) => exchange.stream(`${OPEN}${live}: c\ndata: 1\n\ndata: 2\n\n`));
      const stream = open(server.url);
      stream.on(type, () => stream.close());
      const heard = listen(stream);
      await stream.closed;
      await (await server.exchange(1)).gone;
      const last = heard.all.at(-1);
      expect(last).toEqual({ type: "status", event: "closed" });
      expect(heard.of("event").length).toBe(0);
    }
  });

  test("restart from within an event resumes behind it, and drops what came with it", async () => {
    const server = await startServer((exchange, number) =>
      exchange.stream(number === 1 ? `${events(1, 3)}: never told\n\nid: 9\n\n` : events(2, 3)),
    );
    const stream = open(server.url);
    const heard = listen(stream);
    const stop = stream.on("event", () => {
      stop();
      stream.restart();
    });
    await vi.waitFor(() => expect(heard.data()).toEqual([1, 2, 3]));
    expect(server.asked[1]?.headers["last-event-id"]).toBe("1");
    expect(heard.of("comment")).toEqual([]);
  });
});

describe("snapshots", () => {
  test("are the same object until something changes, and are told of outside the change, once a turn", async () => {
    const server = await startServer((exchange) => exchange.stream(events(1, 50)));
    const stream = open(server.url);
    const snapshots = [stream.getSnapshot()];
    expect(stream.getSnapshot()).toBe(snapshots[0]);
    let isWithin = false;
    let calls = 0;
    const stop = stream.subscribe(() => {
      expect(isWithin).toBe(false);
      calls++;
      expect(stream.getSnapshot()).not.toBe(snapshots.at(-1));
      snapshots.push(stream.getSnapshot());
      expect(stream.getSnapshot()).toBe(snapshots.at(-1));
    });
    await vi.waitFor(() => expect(stream.lastEventId).toBe("50"));
    await sleep(10);
    expect(calls).toBeLessThan(10);
    isWithin = true;
    stream.close();
    isWithin = false;
    const before = calls;
    await Promise.resolve();
    expect(calls).toBe(before + 1);
    expect(snapshots.at(-1)).toEqual({ status: "closed", error: undefined, lastEventId: "50", live: false });
    stop();
  });
});

describe("topics", () => {
  test("many changes in one turn are one reconnect, with the cursor; none is none", async () => {
    const server = await startServer((exchange, number) => exchange.stream(number === 1 ? events(1, 1) : ""));
    const stream = open(server.url, { topics: ["a", "b"] });
    await vi.waitFor(() => expect(stream.lastEventId).toBe("1"));
    stream.setTopics(["c"]);
    stream.setTopics([]);
    stream.setTopics(["b", "a"]);
    await sleep(20);
    expect(server.asked.length).toBe(1);
    stream.setTopics(["a"]);
    stream.setTopics(["a", "b", "c"]);
    stream.setTopics(["a", "c"]);
    expect(stream.topics).toEqual(["a", "c"]);
    const second = await server.exchange(2);
    expect(second.asked.url.search).toBe("?topic=a&topic=c");
    expect(second.asked.headers["last-event-id"]).toBe("1");
    await (await server.exchange(1)).gone;
    await sleep(20);
    expect(server.asked.length).toBe(2);
  });

  test("none at all: nothing is asked until there are some", async () => {
    const server = await startServer((exchange) => exchange.stream(events(1, 1)));
    const stream = open(server.url, { topics: [] });
    const heard = listen(stream);
    await sleep(20);
    expect(server.asked.length).toBe(0);
    expect(stream.status).toBe("waiting");
    stream.setTopics(["a"]);
    await vi.waitFor(() => expect(heard.data()).toEqual([1]));
    stream.setTopics([]);
    await (await server.exchange(1)).gone;
    expect(stream.status).toBe("waiting");
    stream.setTopics(["a"]);
    expect((await server.exchange(2)).asked.headers["last-event-id"]).toBe("1");
  });

  test("set during a wait are asked for after it: no server is met sooner than it asked", async () => {
    const server = await startServer((exchange, number) => {
      if (number === 1) exchange.refuse(503, { "retry-after": "9" });
    });
    const world = createWorld({ isStill: true });
    const stream = open(server.url, { topics: ["a"] }, world);
    await vi.waitFor(() => expect(world.timers).toEqual([9000]));
    stream.setTopics(["b"]);
    await sleep(10);
    expect(world.timers).toEqual([9000]);
    world.elapse(9000);
    expect((await server.exchange(2)).asked.url.search).toBe("?topic=b");
  });
});

describe("data", () => {
  test("is JSON if it parses, else the string", async () => {
    const texts = [
      '{"a":[1]}',
      "12",
      "-1e3",
      "true",
      "null",
      '"s"',
      " [1] ",
      "nothing",
      "tru",
      "2 apples",
      "[DONE]",
      "",
      "-",
    ];
    const server = await startServer((exchange) => exchange.stream(texts.map((text) => `data:${text}\n\n`).join("")));
    const heard = listen(open(server.url));
    await vi.waitFor(() => expect(heard.data().length).toBe(texts.length));
    const values = [{ a: [1] }, 12, -1000, true, null, "s", [1], "nothing", "tru", "2 apples", "[DONE]", "", "-"];
    expect(heard.data()).toEqual(values);
    const raw = listen(open(server.url, { raw: true }));
    // By the format, one space after the colon is not part of it.
    await vi.waitFor(() => expect(raw.data()).toEqual(texts.map((text) => text.replace(/^ /, ""))));
  });

  const schemas: [name: string, schema: StandardSchema<unknown, { n: number }>][] = [
    ["zod", z.object({ n: z.number() })],
    ["zod, asynchronous", z.object({ n: z.number().refine(async (n) => sleep(n === 1 ? 30 : 0, true)) })],
    ["valibot", v.object({ n: v.number() })],
    [
      "valibot, asynchronous",
      v.objectAsync({
        n: v.pipeAsync(
          v.number(),
          v.checkAsync((n) => sleep(n === 1 ? 30 : 0, true)),
        ),
      }),
    ],
    ["arktype", type({ n: "number" })],
  ];
  test.each(schemas)(
    "is validated by %s; what is wrong is dropped, told with its path, and not asked for again",
    async (_name, schema) => {
      const texts = ['{"n":1}', '{"n":"two"}', '{"n":3,"more":true}'];
      const server = await startServer((exchange) =>
        exchange.stream(`${texts.map((data, at) => `id: ${at}\ndata: ${data}\n\n`).join("")}: end\n`),
      );
      const stream = open(server.url, { schema });
      const heard = listen(stream);
      await vi.waitFor(() => expect(heard.of("comment")).toEqual(["end"]));
      expect(heard.data().map((data) => (data as { n: number }).n)).toEqual([1, 3]);
      expect(heard.of("error").map(({ code, field }) => [code, field])).toEqual([["invalid_data", "n"]]);
      // In the order in which they came, errors and comments too.
      expect(heard.all.map(({ type }) => type).filter((type) => !["status", "open"].includes(type))).toEqual([
        "event",
        "error",
        "event",
        "comment",
      ]);
      expect(stream).toMatchObject({ lastEventId: "2", error: undefined });
    },
  );

  test("a schema that throws drops the event; one that transforms gives what it makes", async () => {
    const server = await startServer((exchange) => exchange.stream(events(1, 2)));
    const schema = z.number().transform((n) => {
      if (n === 1) throw new Error("mine");
      return { twice: 2 * n };
    });
    const heard = listen(open(server.url, { schema }));
    await vi.waitFor(() => expect(heard.data()).toEqual([{ twice: 4 }]));
    expect(heard.codes()).toEqual(["invalid_data"]);
  });

  test("what is still being validated when the connection is cut is asked for again, and nothing behind it is told", async () => {
    const server = await startServer((exchange, number) =>
      exchange.stream(number === 1 ? `${events(1, 2)}: behind\n` : events(2, 2)),
    );
    let release = (): void => {};
    const slow = new Promise<boolean>((resolve) => {
      release = () => resolve(true);
    });
    let isValidating = false;
    const schema = z.number().refine(async (n) => {
      if (n === 1) return true;
      isValidating = true;
      return slow;
    });
    const stream = open(server.url, { schema });
    const heard = listen(stream);
    await vi.waitFor(() => expect(isValidating).toBe(true));
    expect(heard.data()).toEqual([1]);
    stream.restart();
    release();
    expect((await server.exchange(2)).asked.headers["last-event-id"]).toBe("1");
    await vi.waitFor(() => expect(heard.data()).toEqual([1, 2]));
    expect(heard.of("comment")).toEqual([]);
  });
});
