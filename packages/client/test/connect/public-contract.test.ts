import { describe, expect, test, vi } from "vitest";
import type { EventStream } from "../../src/types.ts";
import { type Exchange, type Server, startServer } from "./support/server.ts";
import { createWorld, listen, open } from "./support/world.ts";

// LaunchDarkly's public contract tests for clients of Server-Sent Events (launchdarkly/sse-contract-tests), by the names they
// have there: reproduced from reading, since that program drives clients of all languages over HTTP. No test is left out and none
// is skipped. Two are known by other words here, as their clause is an option of ours: what it calls an initial delay of 0 is a
// world without chance, and a POST is sent again only with `idempotent`.

const BOM = "\uFEFF";

interface Expected {
  readonly event?: string;
  readonly id?: string;
  readonly data: string;
}

interface Started {
  readonly server: Server;
  readonly first: Exchange;
  readonly stream: EventStream;
  readonly heard: ReturnType<typeof listen>;
  /** Settles when these events, and no others, have come. */
  expects(...events: Expected[]): Promise<void>;
}

async function start(options: Parameters<typeof open>[1] = {}): Promise<Started> {
  const server = await startServer((exchange) => exchange.stream());
  const stream = open(server.url, { raw: true, ...options });
  const heard = listen(stream);
  const first = await server.exchange(1);
  return {
    server,
    first,
    stream,
    heard,
    async expects(...events) {
      await vi.waitFor(() => expect(heard.of("event").length).toBeGreaterThanOrEqual(events.length), WAIT);
      const full = events.map(({ event = "message", id = "", data }) => ({ event, id, data, topic: undefined }));
      expect(heard.of("event")).toEqual(full);
    },
  };
}

const WAIT = { timeout: 5000, interval: 2 };

/** Sends each piece by itself: the socket does not wait, and the pieces have a turn of the loop each. */
async function sendPieces(exchange: Exchange, pieces: readonly (string | Uint8Array)[]): Promise<void> {
  for (const piece of pieces) {
    exchange.send(piece);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function cut(text: string, size: number): string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size));
}

function bytes(text: string): Uint8Array[] {
  return [...Buffer.from(text)].map((byte) => Uint8Array.of(byte));
}

describe("basic parsing", () => {
  const cases: [name: string, pieces: (string | Uint8Array)[], events: Expected[]][] = [
    ["one-line message in one chunk", ["data: Hello\n\n"], [{ data: "Hello" }]],
    ["one-line message in two chunks", ["data: Hel", "lo\n\n"], [{ data: "Hello" }]],
    ["two one-line messages in one chunk", ["data: Hello\n\ndata: World\n\n"], [{ data: "Hello" }, { data: "World" }]],
    ["one two-line message in one chunk", ["data: Hello\ndata:World\n\n"], [{ data: "Hello\nWorld" }]],
    ["empty data", ["data:\n\n"], [{ data: "" }]],
    ["event with specific type", ["event: greeting\ndata: Hello\n\n"], [{ event: "greeting", data: "Hello" }]],
    ["default event type", ["data: Hello\n\n"], [{ event: "message", data: "Hello" }]],
    ["event with ID", ["id: abc\ndata: Hello\n\n"], [{ id: "abc", data: "Hello" }]],
    [
      "event with type and ID",
      ["event: greeting\nid: abc\ndata: Hello\n\n"],
      [{ event: "greeting", id: "abc", data: "Hello" }],
    ],
    ["ID field is ignored if it contains a null", ["id: a\x00bc\ndata: Hello\n\n"], [{ data: "Hello" }]],
    [
      "last ID persists if not overridden by later event",
      ["id: abc\ndata: first\n\n", "data: second\n\n"],
      [
        { id: "abc", data: "first" },
        { id: "abc", data: "second" },
      ],
    ],
    [
      "last ID can be overridden by an empty value",
      ["id: abc\ndata: first\n\n", "id: \ndata: second\n\n"],
      [{ id: "abc", data: "first" }, { data: "second" }],
    ],
    [
      "fields in reverse order",
      ["data: Hello\nid: abc\nevent: greeting\n\n"],
      [{ event: "greeting", id: "abc", data: "Hello" }],
    ],
    [
      "unknown field is ignored",
      ["event: greeting\ncolor: blue\ndata: Hello\n\n"],
      [{ event: "greeting", data: "Hello" }],
    ],
    ["fields without leading space", ["event:greeting\ndata:Hello\n\n"], [{ event: "greeting", data: "Hello" }]],
    [
      "fields with extra leading space",
      ["event:  greeting\ndata:  Hello\n\n"],
      [{ event: " greeting", data: " Hello" }],
    ],
    ["field with no colon", ["data\n\ndata\ndata\n\n"], [{ data: "" }, { data: "\n" }]],
    ["multi-byte characters", ["data: €豆腐\n\n"], [{ data: "€豆腐" }]],
    [
      "many messages in rapid succession",
      [Array.from({ length: 100 }, (_, at) => `data: message ${at}\n\n`).join("")],
      Array.from({ length: 100 }, (_, at) => ({ data: `message ${at}` })),
    ],
    ["multi-byte characters sent in single-byte pieces", bytes("data: €豆腐\n\n"), [{ data: "€豆腐" }]],
  ];
  test.each(cases)("%s", async (_name, pieces, events) => {
    const { first, expects } = await start();
    await sendPieces(first, pieces);
    await expects(...events);
  });
});

describe("BOM", () => {
  const cases: [name: string, pieces: (string | Uint8Array)[], events: Expected[]][] = [
    ["BOM at start of stream is stripped", [`${BOM}data: Hello\n\n`], [{ data: "Hello" }]],
    [
      "BOM stripped before first event with type and ID",
      [`${BOM}event: greeting\nid: abc\ndata: Hello\n\n`],
      [{ event: "greeting", id: "abc", data: "Hello" }],
    ],
    [
      "BOM stripped with multiple messages",
      [`${BOM}data: First\n\ndata: Second\n\n`],
      [{ data: "First" }, { data: "Second" }],
    ],
    [
      "BOM only stripped at stream start, not from later data",
      ["data: First\n\n", `data: ${BOM}Second\n\n`],
      [{ data: "First" }, { data: `${BOM}Second` }],
    ],
    [
      "BOM split across first two chunks",
      [Uint8Array.of(0xef, 0xbb), Buffer.from([0xbf, ...Buffer.from("data: Hello\n\n")])],
      [{ data: "Hello" }],
    ],
    ["BOM split byte by byte across chunks", [...bytes(BOM), "data: Hello\n\n"], [{ data: "Hello" }]],
    ["only first BOM at start is stripped", [`${BOM}data: ${BOM}Hello\n\n`], [{ data: `${BOM}Hello` }]],
    ["no BOM - baseline test", ["data: Hello\n\n"], [{ data: "Hello" }]],
    ["BOM with multi-line data", [`${BOM}data: Line1\ndata: Line2\n\n`], [{ data: "Line1\nLine2" }]],
    ["BOM with comment at start", [`${BOM}:comment\ndata: Hello\n\n`], [{ data: "Hello" }]],
    ["BOM does not affect empty data field", [`${BOM}data:\n\n`], [{ data: "" }]],
  ];
  test.each(cases)("%s", async (name, pieces, events) => {
    const { first, expects, heard } = await start();
    await sendPieces(first, pieces);
    await expects(...events);
    expect(heard.of("comment")).toEqual(name.includes("comment") ? ["comment"] : []);
  });
});

describe("comments", () => {
  const cases: [name: string, pieces: string[], told: [type: string, text: string][]][] = [
    ["single comment", [":Hello\n"], [["comment", "Hello"]]],
    [
      "two comments in a row",
      [":Hello\n", ":World\n"],
      [
        ["comment", "Hello"],
        ["comment", "World"],
      ],
    ],
    [
      "comment before event",
      [":Hello\n", "data: Hello\n\n"],
      [
        ["comment", "Hello"],
        ["event", "Hello"],
      ],
    ],
    [
      "comment after event",
      ["data: Hello\n\n", ":Hello\n"],
      [
        ["event", "Hello"],
        ["comment", "Hello"],
      ],
    ],
  ];
  test.each(cases)("%s", async (_name, pieces, told) => {
    const { first, stream } = await start();
    const heard: [string, unknown][] = [];
    stream.on("comment", (text) => heard.push(["comment", text]));
    stream.on("event", ({ data }) => heard.push(["event", data]));
    await sendPieces(first, pieces);
    await vi.waitFor(() => expect(heard).toEqual(told), WAIT);
  });
});

describe("HTTP behavior", () => {
  test("default method and headers", async () => {
    const { first } = await start();
    const { method, headers } = first.asked;
    expect(method).toBe("GET");
    // Theirs asks for no more than this; a Tidings hub that is full has more to say to those who take problem documents.
    expect(headers.accept).toMatch(/^text\/event-stream\b/);
    expect(headers["cache-control"]).toBe("no-cache");
    expect(headers["last-event-id"]).toBeUndefined();
  });

  test("204 halts re-connection attempts", async () => {
    const server = await startServer((exchange) => exchange.refuse(204));
    const world = createWorld({ isStill: true });
    const stream = open(server.url, {}, world);
    await stream.closed;
    expect(world.timers).toEqual([]);
    expect(server.asked.length).toBe(1);
  });

  describe.each([301, 307])("%i", (status) => {
    test(`client follows ${status} redirect`, async () => {
      const server = await startServer((exchange) => exchange.stream("data: hello\n\n"));
      const door = await startServer((exchange) => exchange.refuse(status, { location: server.url }));
      const heard = listen(open(door.url, { raw: true }));
      await vi.waitFor(() => expect(heard.data()).toEqual(["hello"]), WAIT);
    });

    test.each([["empty"], ["missing"]])(`client handles %s Location header with ${status} status`, async (kind) => {
      const server = await startServer((exchange) => exchange.refuse(status, kind === "empty" ? { location: "" } : {}));
      const world = createWorld({ isStill: true });
      const stream = open(server.url, {}, world);
      const heard = listen(stream);
      await vi.waitFor(() => expect(heard.of("error").length).toBe(1), WAIT);
      // Neither a loop nor silence: a loop is cut by fetch, after 20 times by its standard.
      expect(server.asked.length).toBeLessThanOrEqual(21);
    });
  });

  test("custom headers", async () => {
    const { first } = await start({ headers: { "header-name-1": "value-1", "header-name-2": "value-2" } });
    expect(first.asked.headers).toMatchObject({ "header-name-1": "value-1", "header-name-2": "value-2" });
  });

  test.each(["POST", "REPORT"])("%s request", async (method) => {
    const body = '{"hello": "world"}';
    const { first } = await start({ method, body, headers: { "content-type": "application/json; charset=utf-8" } });
    expect(first.asked).toMatchObject({ method, body });
    expect(first.asked.headers["content-type"]).toBe("application/json; charset=utf-8");
  });

  test("sends Last-Event-Id in initial request if set", async () => {
    const { first } = await start({ lastEventId: "abc" });
    expect(first.asked.headers["last-event-id"]).toBe("abc");
  });
});

describe("linefeeds", () => {
  const separators: [name: string, separator: string][] = [
    ["LF separator", "\n"],
    ["CRLF separator", "\r\n"],
    ["CR separator", "\r"],
  ];
  const shapes: [name: string, text: string, events: string[]][] = [
    ["one-line event", "data: event 1\n\n", ["event 1"]],
    [
      "one-line event + two-line event",
      "data: event 1\n\ndata: event 2 line 1\ndata: event 2 line 2\n\n",
      ["event 1", "event 2 line 1\nevent 2 line 2"],
    ],
    ["3-line event with empty line at beginning", "data:\ndata: line2\ndata: line3\n\n", ["\nline2\nline3"]],
    ["3-line event with empty line in middle", "data: line1\ndata:\ndata: line3\n\n", ["line1\n\nline3"]],
    ["ignores 1 extra empty line", "data: event 1\n\n\ndata: event 2\n\n", ["event 1", "event 2"]],
    ["ignores 2 extra empty lines", "data: event 1\n\n\n\ndata: event 2\n\n", ["event 1", "event 2"]],
  ];
  const pieces: [name: string, size: number][] = [
    ["one chunk", 1000],
    ["1-character chunks", 1],
    ["2-character chunks", 2],
  ];
  describe.each(separators)("%s", (_separator, separator) => {
    describe.each(shapes)("%s", (_shape, text, events) => {
      test.each(pieces)("%s", async (_piece, size) => {
        const { first, expects } = await start();
        await sendPieces(first, cut(text.replaceAll("\n", separator), size));
        await expects(...events.map((data) => ({ data })));
      });
    });
  });

  test("CRLF where CR is end of 1 chunk", async () => {
    const { first, expects } = await start();
    await sendPieces(first, ["data: Hello\r", "\ndata: World\r", "\n\r\ndata: OK\r", "\n", "\r", "\n"]);
    await expects({ data: "Hello\nWorld" }, { data: "OK" });
  });
});

describe("payload sizes", () => {
  const sizes = [
    1, 128, 512, 1023, 1024, 1025, 2048, 3999, 4094, 4096, 4098, 6144, 8189, 8192, 8195, 12288, 16384, 32768, 65536,
    262144, 1048576,
  ];
  test.each(sizes)("payload of %i bytes is delivered promptly", async (size) => {
    const { first, heard } = await start();
    first.send(`data: ${"x".repeat(size)}\n\n`);
    await vi.waitFor(() => expect(heard.of("event").length).toBe(1), WAIT);
    expect(heard.data()).toEqual(["x".repeat(size)]);
  });
});

describe("reconnection", () => {
  test("caller can trigger a restart", async () => {
    const { server, first, stream, expects } = await start();
    first.send("data: Hello\n\n");
    await expects({ data: "Hello" });
    stream.restart();
    (await server.exchange(2)).send("data: Thanks\n\n");
    await expects({ data: "Hello" }, { data: "Thanks" });
    await first.gone;
  });

  test("sends ID of last received event", async () => {
    const { server, first, expects } = await start();
    expect(first.asked.headers["last-event-id"]).toBeUndefined();
    first.send("id: abc\ndata: Hello\n\n");
    await expects({ id: "abc", data: "Hello" });
    first.cut();
    expect((await server.exchange(2)).asked.headers["last-event-id"]).toBe("abc");
  });

  test("sends ID of last received event that had an ID if later events did not", async () => {
    const { server, first, expects } = await start();
    first.send("id: abc\ndata: Hello\n\n");
    first.send("data: World\n\n");
    await expects({ id: "abc", data: "Hello" }, { id: "abc", data: "World" });
    first.cut();
    expect((await server.exchange(2)).asked.headers["last-event-id"]).toBe("abc");
  });

  test("last event ID can be explicitly overridden with an empty value", async () => {
    const { server, first, expects } = await start();
    first.send("id: abc\ndata: Hello\n\n");
    first.send("id: \ndata: World\n\n");
    await expects({ id: "abc", data: "Hello" }, { data: "World" });
    first.cut();
    expect("last-event-id" in (await server.exchange(2)).asked.headers).toBe(false);
  });

  test("resends request body if any when reconnecting", async () => {
    const body = '{"hello": "world"}';
    const { server, first } = await start({ method: "POST", body, idempotent: true });
    expect(first.asked).toMatchObject({ method: "POST", body });
    first.cut();
    expect((await server.exchange(2)).asked).toMatchObject({ method: "POST", body });
  });

  test("can set read timeout", async () => {
    const { server, first, heard, expects } = await start({ stall: 100 });
    first.send("data: Hello\n\n");
    await server.exchange(2);
    await expects({ data: "Hello" });
    expect(heard.codes()).toEqual(["stalled"]);
  });

  test("discards partial messages on retry", async () => {
    const { server, first, expects } = await start();
    first.send("id: abc\ndata: Hello\n\nid: def\ndata: Goodbye");
    await expects({ id: "abc", data: "Hello" });
    first.cut();
    (await server.exchange(2)).send("data: We meet again\n\n");
    await expects({ id: "abc", data: "Hello" }, { id: "abc", data: "We meet again" });
  });

  test("new connection established after breaking previous is functional", async () => {
    const { server, first, expects } = await start();
    first.send("id: abc\ndata: Hello\n\n");
    await expects({ id: "abc", data: "Hello" });
    first.cut();
    (await server.exchange(2)).send("id: def\ndata: World\n\n");
    await expects({ id: "abc", data: "Hello" }, { id: "def", data: "World" });
  });
});
