import { createParser, createStreamParser, createUtf8Decoder, type ParsedEvent, WireError } from "@tidings/wire";
import { describe, expect, it } from "vitest";
import { data, event, events, read, recorder, utf8 } from "./read.ts";

describe('"Lines must be separated by either CRLF, a single LF, or a single CR"', () => {
  it.each([
    ["LF", "data: a\ndata: b\n\ndata: c\n\n"],
    ["CR", "data: a\rdata: b\r\rdata: c\r\r"],
    ["CRLF", "data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n"],
    ["all of them mixed", "data: a\rdata: b\r\n\rdata: c\n\r\n"],
  ])("reads %s, whole and one unit at a time", (_, stream) => {
    expect(data(stream)).toEqual(["a\nb", "c"]);
    expect(data(...stream)).toEqual(["a\nb", "c"]);
  });

  it("takes CR and LF in two chunks as one line end", () => {
    expect(data("data: a\r", "\ndata: b\r", "\n\r", "\n")).toEqual(["a\nb"]);
    expect(data("data: a\r", "", "\ndata: b\r", "\n\r", "\n")).toEqual(["a\nb"]);
  });

  it("dispatches at a CR without waiting to see whether LF follows", () => {
    expect(data("data: a\r\r")).toEqual(["a"]);
    expect(data("data: a\r\n\r")).toEqual(["a"]);
  });

  it("takes only the LF right after a CR as part of it", () => {
    expect(data("data: a\r", "\n", "\n")).toEqual(["a"]);
    expect(data("data: a\r", "data: b\n", "\n")).toEqual(["a\nb"]);
  });

  it.each(["\u2028", "\u2029", "\u0085", "\v", "\f"])("takes %j as part of the line", (character) => {
    expect(data(`data: a${character}b\n\n`)).toEqual([`a${character}b`]);
  });
});

describe('"strips one leading UTF-8 Byte Order Mark (BOM), if any"', () => {
  it("ignores one at the start of a string or of bytes", () => {
    expect(data("\ufeffdata: a\n\n")).toEqual(["a"]);
    expect(data(utf8("\ufeffdata: a\n\n"))).toEqual(["a"]);
  });

  it("ignores one whose bytes come one by one, with empty chunks between", () => {
    const bytes = utf8("\ufeffdata: a\n\n");
    expect(data(...[...bytes].flatMap((byte) => [Uint8Array.of(byte), new Uint8Array()]))).toEqual(["a"]);
    expect(data("", "\ufeff", "", "data: a\n\n")).toEqual(["a"]);
  });

  it("takes a second one, or one further on, as part of the line", () => {
    expect(data("\ufeff\ufeffdata: a\n\ndata: b\n\n")).toEqual(["b"]);
    expect(data("data: a\n\n\ufeffdata: b\n\n")).toEqual(["a"]);
    expect(data("data: \ufeffa\n\n")).toEqual(["\ufeffa"]);
    expect(data(utf8("\ufeff"), utf8("\ufeffdata: a\n\ndata: b\n\n"))).toEqual(["b"]);
  });
});

describe('"Streams must be decoded using the UTF-8 decode algorithm"', () => {
  const text = "data: é € 😀 日本\n\n";

  it("joins characters whose bytes are in several chunks", () => {
    expect(data(...[...utf8(text)].map((byte) => Uint8Array.of(byte)))).toEqual(["é € 😀 日本"]);
  });

  it("replaces malformed bytes as the standard's decoder does", () => {
    const bytes = Uint8Array.of(...utf8("data: "), 0x61, 0xff, 0xe2, 0x82, 0x62, 0xf0, 0x9f, ...utf8("\n\n"));
    expect(data(bytes)).toEqual(["a\ufffd\ufffdb\ufffd"]);
    expect(data(...[...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(["a\ufffd\ufffdb\ufffd"]);
  });

  it("does not let a malformed character hold back the end of an event", () => {
    expect(data(Uint8Array.of(...utf8("data: a"), 0xf0, 0x0a, 0x0a))).toEqual(["a\ufffd"]);
  });

  it("copies what it holds back, as a stream may use its memory again", () => {
    const [first, second] = [Buffer.from(text).subarray(0, 7), Buffer.from(text).subarray(7)];
    const memory = Buffer.from(first);
    const { calls, callbacks } = recorder();
    const parser = createParser(callbacks);
    parser.feed(memory);
    memory.fill(0);
    parser.feed(second);
    expect(calls).toEqual([{ call: "event", event: event({ data: "é € 😀 日本" }) }]);
  });
});

describe('"If the line is empty (a blank line): Dispatch the event"', () => {
  it("gives what the block says, and defaults for the rest", () => {
    expect(events("id: 1\nevent: price\ntopic: orders/42\ndata: 9\n\ndata: 10\n\n")).toEqual([
      { id: "1", event: "price", topic: "orders/42", data: "9" },
      { id: "1", event: "message", topic: undefined, data: "10" },
    ]);
  });

  it('"If the data buffer is an empty string, set the data buffer and the event type buffer to the empty string and return"', () => {
    expect(events("event: price\ntopic: orders/42\n\n\n\ndata: 9\n\n")).toEqual([event({ data: "9" })]);
  });

  it("dispatches data that is one empty line", () => {
    expect(data("data\n\ndata:\n\ndata: \n\n")).toEqual(["", "", ""]);
  });

  it("joins lines of data with LF, the empty ones too", () => {
    expect(data("data\ndata\n\n", "data: a\ndata:\ndata: b\ndata:\n\n")).toEqual(["\n", "a\n\nb\n"]);
  });

  it('"If the file ends in the middle of an event, before the final empty line, the incomplete event is not dispatched"', () => {
    for (const end of ["", "data: b", "data: b\n", "data: b\r", "id: 2\n", "id: 2\ndata: b"]) {
      const { calls, callbacks } = recorder();
      const parser = createParser(callbacks);
      parser.feed(`id: 1\ndata: a\n\n${end}`);
      expect(calls).toEqual([{ call: "event", event: event({ id: "1", data: "a" }) }]);
      expect(parser.lastEventId).toBe("1");
    }
  });
});

describe('"If the line starts with a U+003A COLON character (:): Ignore the line"', () => {
  it("gives comments to onComment, without the colon and one space", () => {
    expect(read([":a\n: b\n:  c\n:\n::d\n\n"])).toEqual(
      ["a", "b", " c", "", ":d"].map((text) => ({ call: "comment", text })),
    );
  });

  it("ignores them within a block", () => {
    expect(data("data: a\n: data: x\ndata: b\n\n")).toEqual(["a\nb"]);
  });

  it("parses alike without onComment", () => {
    expect(read([": a\ndata: b\n\n"], { onComment: undefined })).toEqual([
      { call: "event", event: event({ data: "b" }) },
    ]);
  });
});

describe('"Collect the characters on the line before the first U+003A COLON character (:)"', () => {
  it('"If value starts with a U+0020 SPACE character, remove it from value"', () => {
    expect(data("data:a\n\ndata: a\n\ndata:  a\n\ndata:\ta\n\ndata: \n\n")).toEqual(["a", "a", " a", "\ta", ""]);
  });

  it("takes further colons as part of the value", () => {
    expect(data("data::a:b\n\ndata: : c\n\n")).toEqual([":a:b", ": c"]);
  });

  it('"using the whole line as the field name, and the empty string as the field value"', () => {
    expect(events("id: 1\nevent: e\ntopic: t\ndata: a\nid\nevent\ntopic\ndata\n\n")).toEqual([
      event({ id: "", event: "message", topic: "", data: "a\n" }),
    ]);
  });

  it("does not take the space that begins the next line for the one after a colon", () => {
    expect(data("data\n data: x\n\n")).toEqual([""]);
    expect(data("data:\n data: x\n\n")).toEqual([""]);
  });

  it('"Field names must be compared literally, with no case folding performed"', () => {
    const others = ["Data", "DATA", "datas", "dat", "d", " data", "data ", "dbta", "daa:", "\0data"];
    for (const name of others) expect(data(`${name}: x\ndata: a\n\n`)).toEqual(["a"]);
  });

  it('"Otherwise: The field is ignored": a name one character off, too short or too long, is another', () => {
    for (const name of ["data", "event", "id", "topic", "retry"]) {
      const others = [...name].map((_, index) => `${name.slice(0, index)}z${name.slice(index + 1)}`);
      others.push(name.slice(0, -1), name.slice(0, 1), `${name}s`);
      for (const other of others) {
        expect(read([`${other}: 5\n${other}:5\n${other}\n\ndata: a\n\n`])).toEqual([
          { call: "event", event: event({ data: "a" }) },
        ]);
      }
    }
  });
});

describe('field "event"', () => {
  it('"Set the event type buffer to the field value": the last one counts, for one event', () => {
    expect(events("event: a\nevent: b\ndata: 1\n\ndata: 2\n\n")).toEqual([
      event({ event: "b", data: "1" }),
      event({ data: "2" }),
    ]);
  });

  it("means message if it is empty", () => {
    expect(events("event: a\nevent:\ndata: 1\n\n")).toEqual([event({ data: "1" })]);
  });
});

describe('[NON-SPEC] field "topic"', () => {
  it("is on the event it is sent with, and no other", () => {
    expect(events("topic: a\ntopic: b\ndata: 1\n\ndata: 2\n\n")).toEqual([
      event({ topic: "b", data: "1" }),
      event({ data: "2" }),
    ]);
  });

  it("may be empty", () => {
    expect(events("topic\ndata: 1\n\n")).toEqual([event({ topic: "", data: "1" })]);
  });
});

describe('field "id"', () => {
  it("is remembered: an event without an id carries the last one", () => {
    expect(events("id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n\ndata: d\n\n").map(({ id }) => id)).toEqual([
      "1",
      "1",
      "2",
      "2",
    ]);
  });

  it("counts wherever it stands in the block, the last one", () => {
    expect(events("id: 1\ndata: a\nid: 2\n\n")).toEqual([event({ id: "2", data: "a" })]);
  });

  it('"If the field value does not contain U+0000 NULL [...]. Otherwise, ignore the field"', () => {
    expect(events("id: 1\n\nid: 2\0\ndata: a\n\nid: \0\ndata: b\n\n")).toEqual([
      event({ id: "1", data: "a" }),
      event({ id: "1", data: "b" }),
    ]);
  });

  it("may be empty, which makes the reader forget", () => {
    expect(events("id: 1\ndata: a\n\nid\ndata: b\n\n").map(({ id }) => id)).toEqual(["1", ""]);
  });

  it("alone in a block moves the last event id, dispatches nothing, and is told to onId", () => {
    expect(read(["id: 1\n\n", "data: a\n\n", "id: 2\nevent: x\n\n", "id\n\n"])).toEqual([
      { call: "id", id: "1" },
      { call: "event", event: event({ id: "1", data: "a" }) },
      { call: "id", id: "2" },
      { call: "id", id: "" },
    ]);
  });

  it("is told to onId also when it has not changed, so that every heartbeat shows", () => {
    expect(read(["id: 1\n\n", "id: 1\n\n"])).toEqual([
      { call: "id", id: "1" },
      { call: "id", id: "1" },
    ]);
  });

  it("is not told to onId by a block without id, nor by one whose id is ignored", () => {
    expect(read(["id: 1\ndata: a\n\n", "\n", "event: x\n\n", "id: \0\n\n"])).toEqual([
      { call: "event", event: event({ id: "1", data: "a" }) },
    ]);
  });

  it("does not move the last event id before its block has ended", () => {
    const parser = createParser({ onEvent: () => {} });
    parser.feed("id: 1\ndata: a\n");
    expect(parser.lastEventId).toBe("");
    parser.feed("\n");
    expect(parser.lastEventId).toBe("1");
  });

  it("has moved when the callback runs", () => {
    const seen: string[] = [];
    const parser = createParser({
      onEvent: () => seen.push(parser.lastEventId),
      onId: () => seen.push(parser.lastEventId),
    });
    parser.feed("id: 1\ndata: a\n\nid: 2\n\n");
    expect(seen).toEqual(["1", "2"]);
  });

  it("starts from the option lastEventId, which an event without id, or a cut, leaves as it is", () => {
    const { calls, callbacks } = recorder();
    const parser = createParser({ ...callbacks, lastEventId: "7" });
    expect(parser.lastEventId).toBe("7");
    parser.feed("data: a\n\nid: 8");
    expect(calls).toEqual([{ call: "event", event: event({ id: "7", data: "a" }) }]);
    expect(parser.lastEventId).toBe("7");
  });
});

describe('field "retry"', () => {
  it('"If the field value consists of only ASCII digits"', () => {
    expect(read(["retry: 3000\nretry:0\nretry: 007\n"])).toEqual([
      { call: "retry", milliseconds: 3000 },
      { call: "retry", milliseconds: 0 },
      { call: "retry", milliseconds: 7 },
    ]);
  });

  it.each(["", " ", "-1", "+1", "1.5", "1e3", "0x10", "1 ", "  1", "٣", "１", "Infinity", "1\0"])(
    "ignores %j",
    (value) => {
      expect(read([`retry: ${value}\n`, "retry\n"])).toEqual([]);
    },
  );

  it("gives a number as large as can be counted, not Infinity, for one larger", () => {
    expect(read([`retry: ${"9".repeat(400)}\n`])).toEqual([{ call: "retry", milliseconds: Number.MAX_SAFE_INTEGER }]);
  });

  it("takes effect at its line, before the block ends", () => {
    expect(read(["data: a\nretry: 5\n", "\n"]).map(({ call }) => call)).toEqual(["retry", "event"]);
  });
});

describe("maxBufferSize", () => {
  const limit = { maxBufferSize: 20 };
  const fits = `data: ${"x".repeat(14)}\n\n`;

  it("lets through what is just as long, and a stream of any length", () => {
    expect(read([fits.repeat(100), ...fits.repeat(3)], limit)).toHaveLength(103);
  });

  it.each([
    ["a line that ends", [`data: ${"x".repeat(15)}\n`]],
    ["a line that does not end", [`data: ${"x".repeat(15)}`]],
    ["a line in pieces", ["data: ", ..."x".repeat(15)]],
    ["lines of data together", ["data: 12345678\ndata: 90abcd\n", "data: e\n"]],
    ["data and an unfinished line together", ["data: 12345678\n", "data: 1234567"]],
    ["empty lines of data", ["data\n".repeat(21)]],
    ["a comment", [`: ${"x".repeat(20)}\n`]],
    ["an id", [`id: ${"x".repeat(20)}\r\n`]],
    ["a line of no field", ["x".repeat(21)]],
  ])("stops at %s that is longer", (_, chunks) => {
    expect(() => read(chunks, limit)).toThrow(
      new WireError("buffer_overflow", "stream", "An event or line is longer than maxBufferSize, 20."),
    );
  });

  it("has given all events before that one", () => {
    const { calls, callbacks } = recorder();
    const parser = createParser({ ...callbacks, ...limit });
    expect(() => parser.feed(`data: a\n\n${"x".repeat(21)}`)).toThrow(WireError);
    expect(calls).toEqual([{ call: "event", event: event({ data: "a" }) }]);
  });

  it("is final: the parser takes nothing more until it is reset", () => {
    const { calls, callbacks } = recorder();
    const parser = createParser({ ...callbacks, ...limit });
    expect(() => parser.feed(`id: 1\n\ndata: ${"x".repeat(21)}`)).toThrow(WireError);
    for (const chunk of ["\n\n", "", "data: a\n\n"]) {
      expect(() => parser.feed(chunk)).toThrow(
        new WireError("parser_stopped", "stream", "An earlier feed() threw or still runs: call reset() first."),
      );
    }
    parser.reset();
    parser.feed("data: a\n\n");
    expect(calls).toEqual([
      { call: "id", id: "1" },
      { call: "event", event: event({ id: "1", data: "a" }) },
    ]);
  });

  it("is 16 Mi by default", () => {
    const most = `data: ${"x".repeat(16 * 1024 * 1024 - 6)}`;
    expect(data(most, "\n\n")[0]).toHaveLength(16 * 1024 * 1024 - 6);
    expect(() => data(most, "x")).toThrow(WireError);
  });

  it("may be Infinity; a bound that is no number stops everything rather than nothing", () => {
    expect(read([fits], { maxBufferSize: Number.POSITIVE_INFINITY })).toHaveLength(1);
    expect(() => read([fits], { maxBufferSize: Number.NaN })).toThrow(WireError);
  });
});

describe("reset", () => {
  it.each([
    ["a line", "data: x"],
    ["a block", "data: x\nevent: x\ntopic: x\nid: 9\n"],
    ["a line end", "data: x\r"],
  ])("drops %s that is unfinished and keeps the last event id", (_, rest) => {
    const { calls, callbacks } = recorder();
    const parser = createParser(callbacks);
    parser.feed(`id: 1\n\n${rest}`);
    parser.reset();
    parser.feed("\ndata: a\n\n");
    expect(calls).toEqual([
      { call: "id", id: "1" },
      { call: "event", event: event({ id: "1", data: "a" }) },
    ]);
  });

  it("drops an unfinished character, and expects a BOM again", () => {
    const { calls, callbacks } = recorder();
    const parser = createParser(callbacks);
    parser.feed(Uint8Array.of(...utf8("data: x"), 0xe2, 0x82));
    parser.reset();
    parser.feed(utf8("\ufeffdata: a\n\n"));
    expect(calls).toEqual([{ call: "event", event: event({ data: "a" }) }]);
  });

  it("drops what an earlier stream left in the decoder, whatever it held", () => {
    for (const rest of [[0xe2, 0x82], [0xe2, 0x82, 0xf0], [0xf0, 0xc3, 0xa9], [0xf0, 0x9f, 0x98], [0xff]]) {
      const { calls, callbacks } = recorder();
      const parser = createParser(callbacks);
      parser.feed(utf8("data: é\n\n"));
      parser.feed(Uint8Array.of(...rest));
      parser.reset();
      parser.feed(utf8("data: a\n\n"));
      expect(calls.map((call) => call.call === "event" && call.event.data)).toEqual(["é", "a"]);
    }
  });

  it.each([
    ["onEvent", "data: a\n\n"],
    ["onId", "id: 1\n\n"],
    ["onRetry", "retry: 1\n"],
    ["onComment", ": a\n"],
  ] as const)("called from %s drops the rest of the chunk", (name, first) => {
    for (const end of ["", "\r"]) {
      const seen: (ParsedEvent | string | number)[] = [];
      const onEvent = (value: ParsedEvent): void => void seen.push(value);
      const stop = (value: ParsedEvent | string | number): void => {
        seen.push(value);
        parser.reset();
      };
      const parser = createParser({ onEvent, [name]: stop });
      parser.feed(`${first}data: b\n\nid: 2\n\n${end}`);
      expect(seen).toHaveLength(1);
      parser.feed("event: next\ndata: c\n\n");
      expect(seen).toHaveLength(2);
      expect(seen[1]).toMatchObject({ event: "next", data: "c" });
    }
  });
});

describe("a callback", () => {
  it("that throws ends the feed with its error, and the parser: a stream is not parsed on with a hole in it", () => {
    const failure = new Error("from the application");
    const parser = createParser({
      onEvent: () => {
        throw failure;
      },
    });
    expect(() => parser.feed("id: 1\ndata: a\n\ndata: b\n\n")).toThrow(failure);
    expect(parser.lastEventId).toBe("1");
    expect(() => parser.feed("data: c\n\n")).toThrow(expect.objectContaining({ code: "parser_stopped" }));
  });

  it("cannot feed the parser that called it", () => {
    const parser = createParser({ onEvent: () => parser.feed("data: b\n\n") });
    expect(() => parser.feed("data: a\n\n")).toThrow(expect.objectContaining({ code: "parser_stopped" }));
  });

  it("may reset and feed: the rest of the chunk is dropped, the next stream goes on", () => {
    const seen: string[] = [];
    const parser = createParser({
      onEvent: (parsed) => {
        seen.push(parsed.data);
        if (parsed.data !== "a") return;
        parser.reset();
        parser.feed("data: b\n\ndata: c");
      },
    });
    parser.feed("data: a\n\ndata: x\n\n");
    parser.feed("\n\n");
    expect(seen).toEqual(["a", "b", "c"]);
  });

  it("gets events whose properties stand in one order, so that code that reads them stays fast", () => {
    for (const stream of ["data: a\n\n", "data: a\ntopic: t\nevent: e\nid: 1\n\n"]) {
      expect(events(stream).map((parsed) => Object.keys(parsed))).toEqual([["id", "event", "topic", "data"]]);
    }
  });
});

it("reads a line, and data, of a million pieces", () => {
  const { calls, callbacks } = recorder();
  const parser = createParser(callbacks);
  parser.feed("data: ");
  for (let piece = 0; piece < 1e6; piece++) parser.feed("x");
  parser.feed("\n");
  for (let line = 0; line < 1e6; line++) parser.feed("data\n");
  parser.feed("\n");
  expect(calls).toEqual([{ call: "event", event: event({ data: "x".repeat(1e6) + "\n".repeat(1e6) }) }]);
});

it("reads a million lines of each line end in one chunk, and of all: no line is searched for further than once", () => {
  for (const end of ["\r", "\n", "\r\n"]) {
    expect(data(`${`data${end}`.repeat(1e6)}${end}`)).toEqual(["\n".repeat(1e6 - 1)]);
  }
  expect(data(`${"data\r".repeat(1e6)}\n${"data\n".repeat(1e6)}\n`)).toEqual(["\n".repeat(2e6 - 1)]);
});

describe("createStreamParser", () => {
  it("reads one stream, of texts or of what createUtf8Decoder makes of bytes", () => {
    for (const toText of [
      (text: string) => text,
      (
        (decode) => (text: string) =>
          decode(utf8(text))
      )(createUtf8Decoder()),
    ]) {
      const { calls, callbacks } = recorder();
      const parse = createStreamParser({ ...callbacks, lastEventId: "7" });
      for (const chunk of ["\ufeffda", "ta: é\n\nid: 8", "\r\n\r\n"]) parse(toText(chunk));
      expect(calls).toEqual([
        { call: "event", event: event({ id: "7", data: "é" }) },
        { call: "id", id: "8" },
      ]);
    }
  });

  it("holds to maxBufferSize", () => {
    const parse = createStreamParser({ onEvent: () => {}, maxBufferSize: 4 });
    expect(() => parse("data:")).toThrow(expect.objectContaining({ code: "buffer_overflow" }));
  });
});
