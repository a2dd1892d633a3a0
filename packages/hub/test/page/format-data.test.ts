import { describe, expect, test } from "vitest";
import { type FormattedData, formatData, type TokenKind } from "../../page/src/model/format-data.ts";

describe("JSON", () => {
  test("stays on one line where it fits", () => {
    expect(print(formatData('{"n":9,"tags":["a"],"empty":{},"none":[]}'))).toBe(
      '{ "n": 9, "tags": ["a"], "empty": {}, "none": [] }',
    );
  });

  test("is broken where it does not fit, from the outside in", () => {
    const json = JSON.stringify({
      id: 7,
      items: [
        { sku: "AB-1", count: 2 },
        { sku: "CD-7", count: 1 },
      ],
      note: "x".repeat(40),
    });
    expect(print(formatData(json))).toBe(
      [
        "{",
        '  "id": 7,',
        '  "items": [',
        '    { "sku": "AB-1", "count": 2 },',
        '    { "sku": "CD-7", "count": 1 }',
        "  ],",
        `  "note": "${"x".repeat(40)}"`,
        "}",
      ].join("\n"),
    );
  });

  test("a long list of plain values fills its lines", () => {
    const lines = print(formatData(JSON.stringify(Array.from({ length: 100 }, (_, n) => 1000 + n)))).split("\n");
    expect(lines[1]).toBe("  1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007,");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(52);
    expect(lines).toHaveLength(2 + Math.ceil(100 / 8));
  });

  test("is shown as it was published: long numbers, repeated keys, escapes, white space of no meaning", () => {
    const shown = print(formatData('{ "i" : 90071992547409931,\n"i": 0.50, "t": "\\n\\"}[" }'));
    expect(shown).toBe('{ "i": 90071992547409931, "i": 0.50, "t": "\\n\\"}[" }');
  });

  test("tells keys, strings, numbers and literals apart", () => {
    const { lines } = formatData('{"key":"text","n":-1.5e3,"yes":true,"none":null}');
    const tokens = lines.flatMap((line) => line.tokens);
    const textsOf = (kind: TokenKind) => tokens.filter((token) => token.kind === kind).map(({ text }) => text);
    expect(textsOf("key")).toEqual(['"key"', '"n"', '"yes"', '"none"']);
    expect(textsOf("string")).toEqual(['"text"']);
    expect(textsOf("number")).toEqual(["-1.5e3"]);
    expect(textsOf("literal")).toEqual(["true", "null"]);
  });

  test.each(["1", '"text"', "true", "null", "[]", "{}", "[[],{}]"])("%s keeps its value", (json) => {
    expect(JSON.parse(print(formatData(json)))).toEqual(JSON.parse(json));
  });

  test("nested as deep as it may be is laid out without running out of stack", () => {
    const depth = 9_999;
    const { lines } = formatData("[".repeat(depth) + "]".repeat(depth));
    expect(lines.length).toBeGreaterThan(depth);
    expect(Math.max(...lines.map((line) => line.depth))).toBe(16);
  });
});

describe("text", () => {
  test("is split at every kind of line end and not coloured", () => {
    expect(formatData("a\nb\r\nc\rd").lines.map(({ tokens }) => tokens)).toEqual(
      ["a", "b", "c", "d"].map((text) => [{ kind: "text", text }]),
    );
  });

  test("almost JSON is text", () => {
    expect(print(formatData('{"total":9'))).toBe('{"total":9');
  });

  test("beyond what anyone reads is cut, and says how much", () => {
    const { lines, omitted } = formatData("x".repeat(25_000));
    expect(lines.map(({ tokens }) => tokens.map(({ text }) => text.length))).toEqual([[20_000]]);
    expect(omitted).toBe(5_000);
  });
});

function print({ lines }: FormattedData): string {
  return lines.map(({ depth, tokens }) => "  ".repeat(depth) + tokens.map(({ text }) => text).join("")).join("\n");
}
