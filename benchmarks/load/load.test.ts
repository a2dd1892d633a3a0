// Long because it is a table: a line for each way in which a server is right or wrong.
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { alternate, ratio } from "../lib/figures.mjs";
import { holdReaders, runLoad } from "../lib/servers.mjs";
import { answersOne, bytesToOne, inPieces, otherOrder, slices, swapped, textToOne, together, toOne } from "./faults.ts";
import {
  type Behaviour,
  CHUNKED,
  type Deliver,
  deliverRight,
  STREAM,
  startFaultyServer,
  toChunk,
} from "./faulty-server.ts";

const READERS = 3;
const EVENTS = 20;
const LAST = EVENTS - 1;
/** On whatever core: what is measured here is not the server. */
const LOAD = { core: -1, readers: READERS, publishers: 1, events: EVENTS };
/** For what never comes. */
const IMPATIENT = { patience: 0.5 };

type Options = Record<string, string | number>;

async function run(behaviour: Behaviour, options: Options = {}): Promise<Record<string, unknown>> {
  const { port } = await startFaultyServer(behaviour);
  return runLoad("it", { ...LOAD, port, ...options });
}

describe("a server that is right passes", () => {
  const forms: [string, Behaviour, Options?][] = [
    ["a chunk for each event", {}],
    ["a chunk for each byte", inPieces((block) => [...block].map(toChunk))],
    ["byte by byte", inPieces((block) => [...toChunk(block)])],
    ["cut anywhere", inPieces((block, { number }) => slices(slices(block, 50).map(toChunk).join(""), 7 + number * 4))],
    ["five events in a chunk", together(5)],
    [
      "comments, a heartbeat and others' events between",
      inPieces((block) => [": quiet\n\n", "id: 7\n\n", "\n", block, "event: other\ndata: text\n\n"].map(toChunk)),
    ],
    ["lines that end in CRLF", inPieces((block) => [toChunk(block.replaceAll("\n", "\r\n"))])],
    [
      "chunk sizes in capitals, with an extension",
      inPieces((block) => [`0${block.length.toString(16).toUpperCase()};a="b"\r\n${block}\r\n`]),
    ],
    ["no chunks", { ...inPieces((block) => slices(block, 50)), head: `${STREAM}Connection: close\r\n\r\n` }],
    [
      "headers in other letters",
      { head: "HTTP/1.1 200\r\ncontent-type:text/event-stream; charset=utf-8\r\nTRANSFER-ENCODING:  Chunked\r\n\r\n" },
    ],
    [
      "GraphQL's objects, in no encoding",
      {
        ...inPieces((block) => [toChunk(block.replace(/^data: (.*)$/m, 'event: next\ndata: {"data":{"bench":"$1"}}'))]),
        head: `${STREAM}Content-Encoding: none\r\n${CHUNKED}`,
      },
    ],
    ["many publishers", {}, { publishers: 7 }],
    ["after events that do not count", {}, { warm: 40 }],
    ["a topic of each reader's own", {}, { readers: 20, topics: 20, publishers: 4, events: 60 }],
  ];

  test.each(forms)("%s", async (_form, behaviour, options) => {
    const result = await run(behaviour, options);
    expect(result).toMatchObject({ deliveries: READERS * EVENTS, lost: 0, duplicated: 0, reordered: 0, slowClosed: 0 });
    expect(result).not.toHaveProperty("void");
  });
});

describe("what is wrong with a stream voids the run, and the reason names it", () => {
  const faults: [string, string, Behaviour, Options?][] = [
    ["an event is lost", "reader \\d lost event 5 of publisher 0", toOne(() => {})],
    [
      "an event that does not count is lost",
      "reader \\d lost event 5 of .*",
      toOne(() => {}),
      { warm: 40, ...IMPATIENT },
    ],
    ["the last is lost", "reader \\d lost events: it has 19 of 20, .* none came", toOne(() => {}, LAST), IMPATIENT],
    [
      "the last is lost, and heartbeats come",
      "reader \\d lost events: it has 19 of 20, .* none came",
      { ...toOne(() => {}, LAST), open: (reader) => reader.every(20, ": quiet\n\n") },
      IMPATIENT,
    ],
    ["an event comes twice", "reader \\d got event 5 of publisher 0 twice", textToOne((block) => block + block)],
    [
      "the last comes again when all have it",
      "reader \\d got event 19 of publisher 0 twice",
      toOne((reader, { block }) => reader.chunk(block) ?? void wait(5).then(() => reader.chunk(block)), LAST),
    ],
    ["two are swapped", "reader \\d got event 5 of publisher 0 after later ones: out of order", swapped(5)],
    ["the last two are swapped", "reader \\d got event 18 of publisher 0 after later ones.*", swapped(LAST - 1)],
    [
      "readers see two publishers in two orders",
      "readers 0 and \\d got the events out of order: each in another",
      otherOrder(),
      { publishers: 2 },
    ],
    [
      "an event is made up",
      "reader \\d got an event that was not published",
      textToOne((block) => block + block.replace(":19:", ":20:"), LAST),
    ],
    [
      "an event of another's topic",
      "reader \\d got an event of topic 0, which it did not ask for",
      { deliver: (reader, event) => (event.number === 5 ? reader.chunk(event.block) : deliverRight(reader, event)) },
      { topics: 5 },
    ],
    [
      "an event is cut short",
      "reader \\d got event 5 of publisher 0, but not 125 bytes of it",
      textToOne((block) => block.replace("xx", "")),
    ],
    [
      "a blank line is missing",
      "reader \\d got event 6 of publisher 0 in one block with another",
      textToOne((block) => block.slice(0, -1)),
    ],
    [
      "the last blank line is missing",
      "reader \\d lost events: it has 19 of 20.*",
      textToOne((block) => block.slice(0, -1), LAST),
      IMPATIENT,
    ],
  ];

  test.each(faults)("%s", async (_fault, reason, behaviour, options) => {
    await expect(run(behaviour, options)).rejects.toThrow(new RegExp(`^it: ${reason}$`));
  });
});

describe("what is no proper HTTP voids the run, and the reason names it", () => {
  const faults: [string, string, Behaviour, Options?][] = [
    [
      "a size too small",
      "got a chunk that no line break ends",
      bytesToOne((b) => `${(b.length - 1).toString(16)}\r\n${b}\r\n`),
    ],
    [
      "a size too large",
      "got a chunk that no line break ends",
      bytesToOne((b) => `${(b.length + 2).toString(16)}\r\n${b}\r\n`),
    ],
    ["a size in words", "got a chunk size that is none", bytesToOne((b) => `many\r\n${b}\r\n`)],
    ["no size", "got a chunk size that is none", bytesToOne((b) => `\r\n${b}\r\n`)],
    ["a size beyond all bounds", "got a chunk size that is none", bytesToOne((b) => `${"f".repeat(17)}\r\n${b}\r\n`)],
    ["a lone LF after a size", "got a chunk size that is none", bytesToOne((b, size) => `${size}\n${b}\r\n`)],
    ["no CRLF after a chunk", "got a chunk that no line break ends", bytesToOne((b, size) => `${size}\r\n${b}`)],
    ["no CR after a chunk", "got a chunk that no line break ends", bytesToOne((b, size) => `${size}\r\n${b}\n\n`)],
    ["no LF after a chunk", "got a chunk that no line break ends", bytesToOne((b, size) => `${size}\r\n${b}\r\r`)],
    [
      "closed before a chunk's end",
      "the stream was closed in the middle of a chunk's frame",
      toOne(({ socket }, { block }) => socket.end(toChunk(block).slice(0, -2))),
    ],
    ["closed early", "the stream was closed early", toOne(({ socket }) => socket.end())],
    [
      "closed early, without chunks",
      "the stream was closed early",
      {
        head: `${STREAM}\r\n`,
        deliver: ({ socket }, { number, block }) => (number < 5 ? socket.write(block) : socket.end()),
      },
    ],
    ["reset", "the stream was closed early", toOne(({ socket }) => socket.resetAndDestroy())],
    ["ended by its last chunk", "the stream was ended by its last chunk", bytesToOne(() => "0\r\n\r\n")],
    [
      "closed in a chunk",
      "the stream was closed in the middle of a chunk",
      toOne(({ socket }, { block }) => socket.end(toChunk(block).slice(0, 40)), LAST),
    ],
    ["500", "was answered 500 Internal Server Error", answersOne("HTTP/1.1 500 Internal Server Error\r\n")],
    ["204", "was answered 204 No Content", answersOne("HTTP/1.1 204 No Content\r\n", "\r\n")],
    ["HTML", "got no event stream: .* is text/html", answersOne("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n")],
    ["no type", "got no event stream: .* is not there", answersOne("HTTP/1.1 200 OK\r\n")],
    ["a length", "got a stream with a Content-Length", answersOne(STREAM, "Content-Length: 99999\r\n\r\n")],
    ["a length and chunks", "got both a Content-Length .*", answersOne(`${STREAM}Content-Length: 9\r\n`)],
    ["another encoding", "got a transfer encoding other.*", answersOne(STREAM, "Transfer-Encoding: gzip\r\n\r\n")],
    ["no status line", "got a status line that is none", answersOne("RTSP/1.0 200 OK\r\n")],
    ["no answer", "no answer in 0.5 s", answersOne("", ""), IMPATIENT],
  ];

  test.each(faults)("a stream: %s", async (_fault, reason, behaviour, options) => {
    await expect(run(behaviour, options)).rejects.toThrow(new RegExp(`^it: reader \\d:? ${reason}$`));
  });

  const answers: [string, string, string][] = [
    ["500", "was answered 500 No", "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"],
    ["another beside", "got more than its answer", "HTTP/1.1 201 A\r\nContent-Length: 0\r\n\r\n".repeat(2)],
    ["no length", "got an answer without a length", "HTTP/1.1 201 A\r\n\r\n"],
    ["bad chunks", "got a chunk size that is none", `HTTP/1.1 201 A\r\n${CHUNKED}x`],
  ];

  test.each(answers)("the answer to a publication: %s", async (_fault, reason, answer) => {
    await expect(run({ answer })).rejects.toThrow(new RegExp(`^it: publisher 0 ${reason}$`));
  });
});

describe("readers that come back", () => {
  test("have what they missed, or void the run", async () => {
    let isRight = true;
    const { port } = await startFaultyServer({
      open: (reader, missed) => {
        for (const { block, number } of missed) if (isRight || number !== 7) reader.chunk(block);
      },
    });
    const { first = "" } = await runLoad("it", { core: -1, port, history: EVENTS });
    const load = { core: -1, port, readers: READERS, after: first, behind: LAST };
    expect(first).toBe("0");
    expect(await runLoad("it", load)).toMatchObject({ deliveries: READERS * LAST, lost: 0 });

    isRight = false;
    await expect(runLoad("it", load)).rejects.toThrow(/^it: reader \d lost event 7 of publisher 0$/);
  });
});

test("readers come back, and others join, while those that listen are published to", async () => {
  const { port } = await startFaultyServer();
  const { first = "" } = await runLoad("it", { core: -1, port, history: EVENTS });
  const load = { ...LOAD, port, publishers: 2, rate: 500, back: 4 };
  const back = await runLoad("it", { ...load, after: first, behind: LAST });
  expect(back).toMatchObject({ lost: 0, duplicated: 0, reordered: 0 });
  expect(back.caughtUpSeconds).toBeGreaterThan(0);
  expect(await runLoad("it", load)).toMatchObject({ lost: 0, duplicated: 0, reordered: 0 });
});

describe("readers that are held, while the server publishes by itself", () => {
  async function hold(toText: (at: number) => string): Promise<() => Promise<{ least?: number }>> {
    const { port, readers } = await startFaultyServer();
    const { release } = await holdReaders(port, READERS, { core: -1 });
    for (const reader of readers) {
      // They join where it is.
      for (let at = 100; at < 100 + EVENTS; at++) reader.chunk(reader.number === 1 ? toText(at) : toEvent(at));
    }
    return release;
  }

  function toEvent(at: number): string {
    return `data: ${`0:${at}:0:0:`.padEnd(125, "x")}\n\n`;
  }

  test("say how many events each has", async () => {
    const release = await hold(toEvent);
    expect(await release()).toMatchObject({ least: EVENTS, lost: 0, duplicated: 0, reordered: 0 });
  });

  test("void the run if one lost an event", async () => {
    const release = await hold((at) => (at === 105 ? ": quiet\n\n" : toEvent(at)));
    await expect(release()).rejects.toThrow(/reader \d lost event 105 of publisher 0$/);
  });

  test("void the run if one is closed", async () => {
    const { port, readers } = await startFaultyServer();
    const { release } = await holdReaders(port, READERS, { core: -1 });
    readers[1]?.socket.end();
    // The load ends for it.
    await once(readers[0]?.socket ?? process, "close");
    await expect(release()).rejects.toThrow(/reader \d: the stream was closed early$/);
  });

  test("look at the framing alone where the text is compressed", async () => {
    const { port, readers } = await startFaultyServer({ head: `${STREAM}Content-Encoding: gzip\r\n${CHUNKED}` });
    const { release } = await holdReaders(port, READERS, { core: -1 });
    for (const reader of readers) reader.chunk("x".repeat(10_000));
    expect(await release()).toMatchObject({ least: 0, lost: 0 });
  });
});

describe("figures", () => {
  test("a flush that waits 50 ms is seen in the latency", async () => {
    const late = await run({ deliver: (reader, event) => void wait(50).then(() => deliverRight(reader, event)) });
    expect(late.p50).toBeGreaterThan(49);
    expect(late.p99).toBeGreaterThan(49);
    expect(late.seconds).toBeGreaterThan(0.049);
  });

  test("where events have their time, an answer that is late counts too: the next event is late by it", async () => {
    const deliver: Deliver = async (reader, event) => {
      deliverRight(reader, event);
      await wait(20);
    };
    const slow = await run({ deliver }, { rate: 1_000 });
    // The last was due after 19 ms, and waited for 19 answers.
    expect(slow.p99).toBeGreaterThan(19 * 20 - 20);
  });

  test("the load says which share of its core it took", async () => {
    const { loadCpu } = await run({}, { events: 2_000, publishers: 8 });
    expect(loadCpu).toBeGreaterThan(0);
    expect(loadCpu).toBeLessThanOrEqual(1);
  });
});

test("a ratio is of contenders that ran in one round: a machine that is twice as fast in some rounds changes none", () => {
  const samples = {
    ours: [{ rate: 30 }, { rate: 60 }, { rate: 60 }],
    theirs: [{ rate: 20 }, { rate: 20 }, { rate: 40 }],
    void: [],
  };
  expect(ratio(samples, "theirs", "rate")).toBe(1.5);
  expect(ratio(samples, "void", "rate")).toBeNaN();
});

test("a contender that loses an event has no samples, and the row says why; the others go on", async () => {
  const contenders: Record<string, Behaviour> = { right: {}, faulty: toOne(() => {}) };
  const { samples, voids } = await alternate(Object.keys(contenders), 2, async (name) => {
    const { port } = await startFaultyServer(contenders[name]);
    return runLoad(name, { ...LOAD, port });
  });
  expect(samples.right).toHaveLength(2);
  expect(samples.faulty).toEqual([]);
  expect(voids).toEqual({ faulty: expect.stringMatching(/^faulty: reader \d lost event 5 of publisher 0$/) });
});
