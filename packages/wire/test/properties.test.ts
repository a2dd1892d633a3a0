import { type EventFields, encodeComment, encodeEvent, type ParsedEvent, WireError } from "@tidings/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Call, read, utf8 } from "./read.ts";

/** Texts out of what the format gives a meaning to, and of what may go wrong beside it. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(
      fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom("\n", "\r", "\r\n", "\n\n") },
        fc.constantFrom("data", "id", "event", "topic", "retry", ":", ": ", " ", "da", "1", "23", "x"),
        fc.constantFrom("\0", "\ufeff", "é", "€", "😀", "\ud83d", "\ude00", "\u2028", "\ufffd"),
      ),
      { maxLength: 40 },
    )
    .map((parts) => parts.join("")),
);

/** Streams: mostly lines of fields, so that most of them hold events, and some of anything. */
const stream = fc
  .tuple(
    fc.constantFrom("", "\ufeff"),
    fc.array(
      fc.tuple(
        fc.oneof(
          fc.constantFrom(
            "data: a",
            "data:",
            "data",
            "id: 7",
            "id",
            "id: \0",
            "event: e",
            "topic: t",
            "retry: 5",
            ": c",
          ),
          { weight: 2, arbitrary: fc.constant("") },
          text,
        ),
        fc.constantFrom("\n", "\n", "\r", "\r\n"),
      ),
      { maxLength: 30 },
    ),
    text,
  )
  .map(([bom, lines, rest]) => bom + lines.map(([line, end]) => line + end).join("") + rest);

/** Where to cut, as fractions of the length. */
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });

function cut<T extends { slice(start: number, end?: number): T; readonly length: number }>(
  whole: T,
  fractions: readonly number[],
): T[] {
  const places = [0, ...fractions.map((fraction) => Math.round(fraction * whole.length)), whole.length];
  places.sort((a, b) => a - b);
  return places.slice(1).map((end, index) => whole.slice(places[index] as number, end));
}

/**
 * The algorithm of the standard once more, on the whole stream at once and as plain as it can be: what the parser is
 * held to.
 */
function model(whole: string): Call[] {
  const calls: Call[] = [];
  const lines = whole.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  lines.pop();
  let lastEventId = "";
  let block: { id?: string; event?: string; topic?: string; data: string[] } = { data: [] };
  for (const line of lines) {
    if (line === "") {
      lastEventId = block.id ?? lastEventId;
      if (block.data.length > 0) {
        const { event, topic, data } = block;
        calls.push({
          call: "event",
          event: { id: lastEventId, event: event || "message", topic, data: data.join("\n") },
        });
      } else if (block.id !== undefined) {
        calls.push({ call: "id", id: lastEventId });
      }
      block = { data: [] };
      continue;
    }
    const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) as unknown as [string, string, string?];
    if (line.startsWith(":")) calls.push({ call: "comment", text: value });
    else if (field === "data") block.data.push(value);
    else if (field === "event" || field === "topic") block[field] = value;
    else if (field === "id" && !value.includes("\0")) block.id = value;
    else if (field === "retry" && /^[0-9]+$/.test(value)) {
      calls.push({ call: "retry", milliseconds: Math.min(Number(value), Number.MAX_SAFE_INTEGER) });
    }
  }
  return calls;
}

/** What UTF-8 makes of a text. */
function wellFormed(value: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(utf8(value));
}

describe("the parser", () => {
  it("does what the algorithm of the standard says, on any text, cut anywhere", () => {
    fc.assert(
      fc.property(stream, cuts, (whole, fractions) => {
        expect(read(cut(whole, fractions))).toEqual(model(whole));
      }),
      { numRuns: 2000 },
    );
  });

  it("parses bytes, cut anywhere, also within a character, as their text", () => {
    fc.assert(
      fc.property(stream, cuts, (whole, fractions) => {
        expect(read(cut(utf8(whole), fractions))).toEqual(model(wellFormed(whole)));
      }),
      { numRuns: 1000 },
    );
  });

  it("decodes any bytes, cut anywhere, as a decoder does that sees them at once", () => {
    const byte = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0x0a, 0x80, 0xbf, 0xc3, 0xe2, 0x82, 0xf0, 0x9f),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 60 }), cuts, (bytes, fractions) => {
        const whole = Uint8Array.of(...utf8("data: "), ...bytes, ...utf8("\n\n"));
        expect(read(cut(whole, fractions))).toEqual(read([new TextDecoder().decode(whole)]));
      }),
      { numRuns: 1000 },
    );
  });

  it("holds to maxBufferSize alike, however the stream is cut", () => {
    const outcome = (chunks: string[], maxBufferSize: number): unknown => {
      try {
        return read(chunks, { maxBufferSize });
      } catch (error) {
        return (error as WireError).code;
      }
    };
    fc.assert(
      fc.property(stream, cuts, fc.integer({ min: 1, max: 40 }), (whole, fractions, maxBufferSize) => {
        expect(outcome(cut(whole, fractions), maxBufferSize)).toEqual(outcome([whole], maxBufferSize));
      }),
      { numRuns: 1000 },
    );
  });
});

describe("the encoder", () => {
  const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
  const name = fc.oneof(
    fc.string({ unit: "grapheme" }).map((value) => value.replace(/[\0\r\n]/g, "")),
    fc.constantFrom("", " ", "a b", " x", "data: x", ":", "\ufeff", "orders/42", "m3k9x2-1042"),
  );
  const fields = fc.record({
    id: optional(name),
    event: optional(name),
    topic: optional(name),
    retry: optional(fc.nat()),
    data: optional(text),
  });

  /** What a reader must make of the blocks. */
  function expected(blocks: readonly EventFields[]): Call[] {
    let lastEventId = "";
    return blocks.flatMap(({ id, event, topic, retry, data }): Call[] => {
      lastEventId = id ?? lastEventId;
      // -0 is written as 0.
      const calls: Call[] = retry === undefined ? [] : [{ call: "retry", milliseconds: Math.abs(retry) }];
      if (data !== undefined) {
        const parsed: ParsedEvent = {
          id: lastEventId,
          event: event || "message",
          topic,
          data: data.replace(/\r\n|\r|\n/g, "\n"),
        };
        calls.push({ call: "event", event: parsed });
      } else if (id !== undefined) {
        calls.push({ call: "id", id });
      }
      return calls;
    });
  }

  it("is undone by the parser, up to line endings and well-formedness", () => {
    fc.assert(
      fc.property(fc.array(fields, { maxLength: 6 }), cuts, (blocks, fractions) => {
        const encoded = blocks.map(encodeEvent).join("");
        expect(read(cut(encoded, fractions))).toEqual(expected(blocks));
        const asUtf8 = blocks.map((block) =>
          block.data === undefined ? block : { ...block, data: wellFormed(block.data) },
        );
        expect(read(cut(utf8(encoded), fractions))).toEqual(expected(asUtf8));
      }),
      { numRuns: 1000 },
    );
  });

  it("lets no input forge a field or an event: a block is as given, or refused", () => {
    const hostile = fc.record({
      id: optional(text),
      event: optional(text),
      topic: optional(text),
      retry: optional(fc.oneof(fc.nat(), fc.double(), fc.integer())),
      data: optional(text),
    });
    let accepted = 0;
    fc.assert(
      fc.property(hostile, (block) => {
        let encoded: string;
        try {
          encoded = encodeEvent(block);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
          const { field } = error as WireError;
          const value = block[field as keyof EventFields];
          if (field === "retry") expect(Number.isSafeInteger(value) && (value as number) >= 0).toBe(false);
          else expect(value).toSatisfy((given: string) => /[\0\r\n]/.test(given) || wellFormed(given) !== given);
          return;
        }
        accepted++;
        // What comes before and after is untouched as well.
        const before = { id: "before", data: "1" };
        const after = { event: "after", data: "2" };
        const calls = read([encodeEvent(before) + encoded + encodeEvent(after)]);
        expect(calls).toEqual(expected([before, block, after]));
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  it("lets no comment be anything but a comment", () => {
    fc.assert(
      fc.property(text, (comment) => {
        const calls = read([encodeComment(comment), encodeEvent({ data: "after" })]);
        const lines = comment.split(/\r\n|\r|\n/);
        expect(calls.slice(0, -1)).toEqual(lines.map((line) => ({ call: "comment", text: line })));
        expect(calls.at(-1)).toEqual({
          call: "event",
          event: { id: "", event: "message", topic: undefined, data: "after" },
        });
      }),
      { numRuns: 1000 },
    );
  });
});
