import { describe, expect, test, vi } from "vitest";
import { startServer } from "./support/server.ts";
import { createWorld, listen, open } from "./support/world.ts";

const OPEN = 'event: tidings:open\ndata: {"connection":"c","heartbeat":15000}\n\n';

describe("the cursor", () => {
  test("goes as a header where there are no origins, and to the own origin", async () => {
    for (const toOrigin of [() => undefined, (url: string) => new URL(url).origin]) {
      const server = await startServer((exchange) => exchange.stream());
      open(server.url, { lastEventId: "7" }, createWorld({ origin: () => toOrigin(server.url) }));
      const { asked } = await server.exchange(1);
      expect(asked.headers["last-event-id"]).toBe("7");
      expect(asked.url.search).toBe("");
    }
  });

  test.each(["https://elsewhere.example", "null"])("goes as ?lastEventId= from the origin %s", async (origin) => {
    const server = await startServer((exchange) => exchange.stream());
    open(`${server.url}?a=1&lastEventId=old`, { lastEventId: "7 ü&" }, createWorld({ origin: () => origin }));
    const { asked } = await server.exchange(1);
    expect(asked.headers["last-event-id"]).toBeUndefined();
    expect([...asked.url.searchParams]).toEqual([
      ["a", "1"],
      ["lastEventId", "7 ü&"],
    ]);
  });

  test("that is not ASCII goes as UTF-8", async () => {
    const server = await startServer((exchange) => exchange.stream());
    open(server.url, { lastEventId: "…€" });
    const { asked } = await server.exchange(1);
    expect(Buffer.from(asked.headers["last-event-id"] as string, "latin1").toString()).toBe("…€");
  });

  test("replaces from and last, which are asked for only while there is none", async () => {
    const server = await startServer((exchange, number) => {
      exchange.stream(number === 2 ? "id: 5\ndata: x\n\n" : "");
      if (number < 3) exchange.end();
    });
    open(server.url, { topics: ["a", "b/**"], from: "earliest", last: 10 });
    await server.exchange(3);
    const query = ["?topic=a&topic=b%2F**&from=earliest&last=10", "?topic=a&topic=b%2F**"];
    expect(server.asked.map(({ url }) => url.search)).toEqual([query[0], query[0], query[1]]);
    expect(server.asked.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, undefined, "5"]);
  });

  test("survives resumed streams that drop before their first id", async () => {
    const server = await startServer((exchange, number) => {
      exchange.stream(number === 1 ? "id: 5\ndata: x\n\n" : number === 3 ? ": nothing\n\ndata: no id\n\n" : "");
      if (number < 5) exchange.end();
    });
    const heard = listen(open(server.url));
    await server.exchange(5);
    expect(server.asked.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "5", "5", "5", "5"]);
    expect(heard.of("event").map(({ id }) => id)).toEqual(["5", "5"]);
  });

  test("is moved by heartbeats, gaps, live and end, and by tidings:open only from nowhere", async () => {
    const blocks = [
      `id: e-1\n${OPEN}`,
      "id: e-2\n\n",
      `id: e-9\n${OPEN}`,
      'id: e-3\nevent: tidings:gap\ndata: {"reason":"trimmed","after":"e-2","resumesAt":"e-3"}\n\n',
      "id: e-4\nevent: tidings:live\ndata: {}\n\n",
      'id: e-5\nevent: tidings:end\ntopic: a\ndata: {"topic":"a"}\n\n',
      "id: e-6\nevent: tidings:heartbeat\ndata: {}\n\n",
    ];
    const server = await startServer((exchange, number) => {
      exchange.stream(blocks[number - 1]);
      if (number <= blocks.length) exchange.end();
    });
    const stream = open(server.url);
    const heard = listen(stream);
    await server.exchange(blocks.length + 1);
    expect(server.asked.map(({ headers }) => headers["last-event-id"])).toEqual([
      undefined,
      "e-1",
      "e-2",
      "e-2",
      "e-3",
      "e-4",
      "e-5",
      "e-6",
    ]);
    expect(stream.lastEventId).toBe("e-6");
    expect(heard.of("gap")).toEqual([{ reason: "trimmed", after: "e-2", resumesAt: "e-3" }]);
    expect(heard.data()).toEqual([]);
  });

  test("is not moved by a greeting, which has no id of its own", async () => {
    const server = await startServer((exchange, number) => {
      exchange.stream(`id: e-1\n${OPEN}event: welcome\ndata: hi\n\n`);
      if (number === 1) exchange.end();
    });
    const heard = listen(open(server.url, { lastEventId: "e-2" }));
    expect((await server.exchange(2)).asked.headers["last-event-id"]).toBe("e-2");
    expect(heard.data()[0]).toBe("hi");
  });
});

describe("events repeated after a resume", () => {
  const events = (...ids: string[]): string => ids.map((id) => `id: ${id}\ntopic: a\ndata: "${id}"\n\n`).join("");

  test("by a Tidings hub are dropped, and do not move the cursor back", async () => {
    const server = await startServer((exchange, number) => {
      const text = ["e-1", "e-2", "e-3"];
      if (number > 1) text.push("e-9", "e-10", "f-1");
      exchange.stream(`${OPEN}event: welcome\ndata: "hi"\n\n${events(...text)}`);
      if (number === 1) exchange.end();
    });
    const stream = open(server.url);
    const heard = listen(stream);
    await vi.waitFor(() => expect(heard.data()).toContain("f-1"));
    expect(heard.data()).toEqual(["hi", "e-1", "e-2", "e-3", "hi", "e-9", "e-10", "f-1"]);
    expect(stream.lastEventId).toBe("f-1");
  });

  test("only up to the cursor: a cut in between leaves it where it is", async () => {
    const server = await startServer((exchange, number) => {
      exchange.stream(OPEN + events(...(number === 1 ? ["e-5"] : number === 2 ? ["e-4"] : ["e-5", "e-6"])));
      if (number < 3) exchange.end();
    });
    const heard = listen(open(server.url));
    await vi.waitFor(() => expect(heard.data()).toEqual(["e-5", "e-6"]));
    expect(server.asked.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "e-5", "e-5"]);
  });

  test("not behind a gap: the hub has said where it goes on", async () => {
    const gap = 'id: e-1\nevent: tidings:gap\ndata: {"reason":"reset","after":"e-5","resumesAt":"e-1"}\n\n';
    const server = await startServer((exchange) => exchange.stream(OPEN + gap + events("e-2")));
    const heard = listen(open(server.url, { lastEventId: "e-5" }));
    await vi.waitFor(() => expect(heard.data()).toEqual(["e-2"]));
  });

  test("not by other servers, which may have begun to count anew", async () => {
    const server = await startServer((exchange, number) => {
      exchange.stream(events("e-1", "e-2"));
      if (number === 1) exchange.end();
    });
    const heard = listen(open(server.url));
    await vi.waitFor(() => expect(heard.data()).toEqual(["e-1", "e-2", "e-1", "e-2"]));
  });
});

describe("persist", () => {
  const THREE = "id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n";
  const createStorage = (): Storage & { readonly map: Map<string, string> } => {
    const map = new Map<string, string>();
    return {
      map,
      getItem: (key: string) => map.get(key) ?? null,
      setItem: (key: string, value: string) => void map.set(key, value),
      removeItem: (key: string) => void map.delete(key),
    } as never;
  };

  test("keeps the cursor over a reload", async () => {
    const storage = createStorage();
    const server = await startServer((exchange) => exchange.stream("id: 5\ndata: x\n\n"));
    const first = open(server.url, { persist: "news" }, createWorld({ storage: () => storage }));
    await vi.waitFor(() => expect(storage.map.get("news")).toBe("5"));
    first.close();
    open(server.url, { persist: "news" }, createWorld({ storage: () => storage }));
    expect((await server.exchange(2)).asked.headers["last-event-id"]).toBe("5");
    open(server.url, { persist: "news", lastEventId: "9" }, createWorld({ storage: () => storage }));
    expect((await server.exchange(3)).asked.headers["last-event-id"]).toBe("9");
  });

  test("keeps it at what the slowest iterator has taken: the rest would be lost with the page", async () => {
    const storage = createStorage();
    const server = await startServer((exchange) => exchange.stream(THREE));
    const stream = open(server.url, { persist: "p", lastEventId: "0" }, createWorld({ storage: () => storage }));
    const fast = stream[Symbol.asyncIterator]();
    const slow = stream[Symbol.asyncIterator]();
    for (let taken = 0; taken < 3; taken++) await fast.next();
    await vi.waitFor(() => expect(storage.map.get("p")).toBe("0"));
    await slow.next();
    stream.close();
    expect(storage.map.get("p")).toBe("1");
  });

  test("keeps up with the slowest loop, though nothing comes behind what came together", async () => {
    const storage = createStorage();
    const server = await startServer((exchange) => exchange.stream(THREE));
    const stream = open(server.url, { persist: "p", lastEventId: "0" }, createWorld({ storage: () => storage }));
    const fast = stream[Symbol.asyncIterator]();
    const slow = stream[Symbol.asyncIterator]();
    for (let taken = 0; taken < 3; taken++) await fast.next();
    for (const taken of ["1", "2", "3"]) {
      await slow.next();
      expect(storage.map.get("p")).toBe(taken);
    }
  });

  test("keeps what the last loop has taken when that is left: the rest was for nobody", async () => {
    const storage = createStorage();
    const server = await startServer((exchange) => exchange.stream(THREE));
    const stream = open(server.url, { persist: "p" }, createWorld({ storage: () => storage }));
    const [first, last] = [stream[Symbol.asyncIterator](), stream[Symbol.asyncIterator]()];
    for (const iterator of [first, last]) await iterator.next();
    for (let time = 0; time < 2; time++) await first.return?.();
    expect(stream.status).toBe("open");
    await last.next();
    await last.return?.();
    expect(stream.status).toBe("closed");
    expect(storage.map.get("p")).toBe("2");
  });

  test("keeps what a loop takes after the stream was closed by its server, and nothing once it is closed by hand", async () => {
    const storage = createStorage();
    const server = await startServer((exchange, number) => {
      if (number === 1) {
        exchange.stream(THREE);
        exchange.end();
      } else exchange.refuse(204);
    });
    const stream = open(server.url, { persist: "p" }, createWorld({ storage: () => storage }));
    const iterators = [stream[Symbol.asyncIterator](), stream[Symbol.asyncIterator]()];
    for (const iterator of iterators) await iterator.next();
    await stream.closed;
    for (const iterator of iterators) await iterator.next();
    expect(storage.map.get("p")).toBe("2");
    stream.close();
    for (const iterator of iterators) await iterator.return?.();
    expect(storage.map.get("p")).toBe("2");
  });

  test("works without a storage, with one that is forbidden and with one that is full", async () => {
    const server = await startServer((exchange) => exchange.stream("id: 5\ndata: x\n\n"));
    const refuse = (): never => {
      throw new DOMException("Not here.", "SecurityError");
    };
    const full = { ...createStorage(), setItem: refuse };
    for (const storage of [() => undefined, () => full as Storage, refuse]) {
      const heard = listen(open(server.url, { persist: "p" }, createWorld({ storage })));
      await vi.waitFor(() => expect(heard.data()).toEqual(["x"]));
      expect(heard.codes()).toEqual([]);
    }
  });
});
