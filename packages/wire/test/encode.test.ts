import { assertField, encodeComment, encodeEvent, WireError } from "@tidings/wire";
import { describe, expect, it } from "vitest";

describe("encodeEvent", () => {
  it("writes id, event, topic, retry and data in this order, whatever the order of the properties", () => {
    expect(encodeEvent({ data: "5", retry: 3000, topic: "orders/42", event: "price", id: "m3k9x2-1042" })).toBe(
      "id: m3k9x2-1042\nevent: price\ntopic: orders/42\nretry: 3000\ndata: 5\n\n",
    );
  });

  it("writes nothing for fields that are absent or undefined", () => {
    expect(encodeEvent({ data: "5" })).toBe("data: 5\n\n");
    expect(encodeEvent({ id: undefined, event: undefined, topic: undefined, retry: undefined, data: "5" })).toBe(
      "data: 5\n\n",
    );
  });

  it("writes an id alone as a heartbeat: a block without data", () => {
    expect(encodeEvent({ id: "m3k9x2-1042" })).toBe("id: m3k9x2-1042\n\n");
  });

  it("writes a block without fields as a blank line", () => {
    expect(encodeEvent({})).toBe("\n");
  });

  it("tells empty fields from absent ones", () => {
    expect(encodeEvent({ id: "", event: "", topic: "", retry: 0, data: "" })).toBe(
      "id: \nevent: \ntopic: \nretry: 0\ndata: \n\n",
    );
  });

  it.each([
    ["LF", "a\nb", "data: a\ndata: b\n\n"],
    ["CR", "a\rb", "data: a\ndata: b\n\n"],
    ["CRLF", "a\r\nb", "data: a\ndata: b\n\n"],
    ["LF CR, two line ends", "a\n\rb", "data: a\ndata: \ndata: b\n\n"],
    ["a line break at the end", "a\n", "data: a\ndata: \n\n"],
    ["a line break alone", "\n", "data: \ndata: \n\n"],
    ["a blank line and a field", "a\n\nid: 7", "data: a\ndata: \ndata: id: 7\n\n"],
  ])("splits data at %s", (_, data, block) => {
    expect(encodeEvent({ data })).toBe(block);
  });

  it.each(["\u2028", "\u2029", "\u0085", "\v", "\f", "\0"])(
    "keeps %j in data, which is no line end here",
    (character) => {
      expect(encodeEvent({ data: `a${character}b` })).toBe(`data: a${character}b\n\n`);
    },
  );

  it("keeps a leading space, as readers take away only the one after the colon", () => {
    expect(encodeEvent({ id: " 1", event: " e", topic: " t", data: " d\n e" })).toBe(
      "id:  1\nevent:  e\ntopic:  t\ndata:  d\ndata:  e\n\n",
    );
  });

  it.each(["id", "event", "topic"] as const)("refuses what would forge a field in %s", (field) => {
    expect(refusal(() => encodeEvent({ [field]: "x\ndata: forged", data: "1" }))).toEqual({
      code: "line_break",
      field,
    });
    expect(refusal(() => encodeEvent({ [field]: "x\rdata: forged", data: "1" }))).toEqual({
      code: "line_break",
      field,
    });
    expect(refusal(() => encodeEvent({ [field]: "x\0", data: "1" }))).toEqual({ code: "nul", field });
    expect(refusal(() => encodeEvent({ [field]: "x\ud800", data: "1" }))).toEqual({ code: "ill_formed", field });
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("refuses %d as retry", (retry) => {
    expect(refusal(() => encodeEvent({ retry, data: "1" }))).toEqual({ code: "invalid_retry", field: "retry" });
  });

  it("writes the largest retry in digits", () => {
    expect(encodeEvent({ retry: Number.MAX_SAFE_INTEGER })).toBe("retry: 9007199254740991\n\n");
  });

  it("refuses a retry that is no number at all, so that a string cannot carry a field", () => {
    const retry = "1\ndata: forged" as unknown as number;
    expect(refusal(() => encodeEvent({ retry }))).toEqual({ code: "invalid_retry", field: "retry" });
  });
});

describe("encodeComment", () => {
  it("starts each line with a colon, whatever ends the lines", () => {
    expect(encodeComment("hello")).toBe(": hello\n\n");
    expect(encodeComment("")).toBe(": \n\n");
    expect(encodeComment("a\ndata: forged\r\n\rb")).toBe(": a\n: data: forged\n: \n: b\n\n");
  });
});

describe("assertField", () => {
  it.each([
    ["a line feed", "a\nb", "line_break"],
    ["a carriage return", "a\rb", "line_break"],
    ["NUL", "a\0b", "nul"],
    ["a high surrogate alone", "\ud83d", "ill_formed"],
    ["a low surrogate alone", "a\ude00", "ill_formed"],
    ["a pair the wrong way round", "\ude00\ud83d", "ill_formed"],
  ])("refuses %s", (_, value, code) => {
    for (const field of ["id", "event", "topic"] as const) {
      expect(refusal(() => assertField(field, value))).toEqual({ code, field });
    }
  });

  it.each(["", " ", "price", "orders/42", "😀", "e\u0301", "\u2028", "\ufeff", "a: b", ":", "\t"])(
    "accepts %j",
    (value) => {
      for (const field of ["id", "event", "topic"] as const) expect(() => assertField(field, value)).not.toThrow();
    },
  );

  it("says which field, what is wrong with it, and what to do", () => {
    expect(() => assertField("event", "a\nb")).toThrow(
      "The event holds a line break, which would end the field: remove it.",
    );
    expect(() => assertField("id", "\0")).toThrow(
      "The id holds a NUL character (U+0000), which readers refuse: remove it.",
    );
    expect(() => assertField("topic", "\ud800")).toThrow("The topic holds half of a surrogate pair");
  });

  it("throws an Error that logs tell by name", () => {
    const error = caught(() => assertField("id", "\n"));
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(WireError);
    expect(String(error)).toMatch(/^WireError: The id holds/);
  });
});

function caught(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

function refusal(action: () => unknown): { code: string; field: string } {
  const error = caught(action);
  if (!(error instanceof WireError)) throw error;
  return { code: error.code, field: error.field };
}
