import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  assertPattern,
  assertTopic,
  compareSpecificity,
  isPattern,
  isSubscribed,
  matchesPattern,
  toSubscription,
} from "../src/topics.ts";

const level = fc.constantFrom("a", "b", "orders", "é", "x y", "...", "0", "tidings");
const topic = fc.array(level, { minLength: 1, maxLength: 5 }).map((levels) => levels.join("/"));
const pattern = fc
  .tuple(fc.array(fc.oneof(level, fc.constant("*")), { maxLength: 4 }), fc.constantFrom("*", "**"))
  .map(([levels, last]) => [...levels, last].join("/"));

describe("a topic name", () => {
  test.each([
    "a",
    "orders/42",
    "漢/字",
    "😀",
    ".hidden",
    "...",
    "a..b",
    "x".repeat(256),
    "é".repeat(128),
    "tidings:x",
    " ",
  ])("may be %j", (name) => {
    expect(() => assertTopic(name)).not.toThrow();
  });

  test.each([
    ["", "it is empty"],
    ["/a", "it has an empty level"],
    ["a/", "it has an empty level"],
    ["a//b", "it has an empty level"],
    [".", 'it has a level "."'],
    ["a/../b", 'it has a level ".."'],
    ["a\nb", "it has a control character"],
    ["a\0", "it has a control character"],
    ["a\u007f", "it has a control character"],
    ["a\u0085", "it has a control character"],
    ["a\ud800", "it has half of a surrogate pair"],
    ["x".repeat(257), "it is longer than 256 bytes"],
    ["é".repeat(129), "it is longer than 256 bytes"],
    ["😀".repeat(65), "it is longer than 256 bytes"],
  ])("may not be %j: %s", (name, fault) => {
    expect(() => assertTopic(name)).toThrow(fault);
    expect(() => assertTopic(name)).toThrow(expect.objectContaining({ code: "invalid_topic", field: "topic" }));
  });

  test("may not be a pattern", () => {
    expect(() => assertTopic("a/*")).toThrow(expect.objectContaining({ code: "pattern_not_allowed" }));
  });

  test("in a message is short, on one line and well-formed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 400 }), (name) => {
        try {
          assertTopic(name);
        } catch (error) {
          const { message } = error as Error;
          expect(message.length).toBeLessThan(200);
          expect(message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
          expect(message.isWellFormed()).toBe(true);
        }
      }),
      { seed: 1 },
    );
  });
});

describe("a pattern", () => {
  test.each(["*", "**", "a/*", "a/**", "*/b", "a/*/c/**", "*/*"])("may be %j", (name) => {
    expect(() => assertPattern(name)).not.toThrow();
    expect(isPattern(name)).toBe(true);
  });

  test.each([
    ["**/a", '"**" may only be the last level'],
    ["a/**/b", '"**" may only be the last level'],
    ["a*", '"*" must be a level of its own'],
    ["a/b*c", '"*" must be a level of its own'],
    ["***", '"*" must be a level of its own'],
    ["a//*", "it has an empty level"],
    ["../*", 'it has a level ".."'],
  ])("may not be %j: %s", (name, fault) => {
    expect(() => assertPattern(name)).toThrow(fault);
    expect(() => assertPattern(name)).toThrow(expect.objectContaining({ code: "invalid_pattern" }));
  });

  test.each([
    ["*", ["a", "b"], ["a/b", "a/b/c"]],
    ["**", ["a", "a/b", "a/b/c"], []],
    ["a/*", ["a/b", "a/c"], ["a", "b/c", "a/b/c", "ab/c"]],
    ["a/**", ["a/b", "a/b/c"], ["a", "ab/c"]],
    ["*/c", ["a/c", "b/c"], ["c", "a/b/c", "a/d"]],
    ["a/*/c", ["a/b/c"], ["a/c", "a/b/d", "a/b/c/d"]],
    ["*/**", ["a/b", "a/b/c"], ["a"]],
  ])("%s matches what it should and no more", (name, matched, unmatched) => {
    for (const each of matched) expect(matchesPattern(name, each), each).toBe(true);
    for (const each of unmatched) expect(matchesPattern(name, each), each).toBe(false);
  });

  test("matches none of the hub's own topics", () => {
    for (const name of ["**", "*", "tidings:x/*"]) {
      expect(matchesPattern(name, "tidings:x")).toBe(false);
      expect(matchesPattern(name, "tidings:x/y")).toBe(false);
    }
    expect(matchesPattern("*", "tidings")).toBe(true);
  });

  test("matches as its regular expression does", () => {
    fc.assert(
      fc.property(pattern, topic, (name, each) => {
        const source = name
          .split("/")
          .map((part) => (part === "**" ? ".+" : part === "*" ? "[^/]+" : part.replaceAll(".", "\\.")))
          .join("/");
        expect(matchesPattern(name, each)).toBe(new RegExp(`^${source}$`, "u").test(each));
      }),
      { seed: 2, numRuns: 2_000 },
    );
  });
});

describe("a subscription", () => {
  test("has each name once and in one order, so that the same wish is the same audience", () => {
    const expected = { topics: ["a", "b"], patterns: ["a/*", "b/**"] };
    expect(toSubscription(["b", "a/*", "a", "b", "b/**", "a/*"])).toEqual(expected);
    expect(toSubscription(["b/**", "a/*", "a", "b"])).toEqual(expected);
  });

  test("needs a name, valid ones, and none of the hub's own", () => {
    const code = (names: string[]): unknown => {
      try {
        return toSubscription(names);
      } catch (error) {
        return (error as { code: unknown }).code;
      }
    };
    expect(code([])).toBe("topic_required");
    expect(code(["a", ""])).toBe("invalid_topic");
    expect(code(["a**"])).toBe("invalid_pattern");
    expect(code(["tidings:status"])).toBe("reserved_topic");
    expect(code(["tidings:*"])).toBe("invalid_pattern");
    expect(code(["tidings:x/*"])).toBe("reserved_topic");
  });

  test("covers its topics and what its patterns match", () => {
    const subscription = toSubscription(["a", "b/*"]);
    expect(["a", "b/c", "b", "a/b", "b/c/d"].map((name) => isSubscribed(subscription, name))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe("specificity", () => {
  test("puts a literal level before * before **, from the left", () => {
    const names = ["**", "*", "a/**", "a/*", "a/*/c", "a/b", "*/b", "a", "a/b/**"];
    expect(names.sort(compareSpecificity)).toEqual(["a/b/**", "a/b", "a/*/c", "a/*", "a/**", "a", "*/b", "*", "**"]);
  });

  test("is a total order", () => {
    const name = fc.oneof(topic, pattern);
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(Math.sign(compareSpecificity(a, b))).toBe(-Math.sign(compareSpecificity(b, a)) + 0);
        if (compareSpecificity(a, b) <= 0 && compareSpecificity(b, c) <= 0) {
          expect(compareSpecificity(a, c)).toBeLessThanOrEqual(0);
        }
      }),
      { seed: 3, numRuns: 1_000 },
    );
  });
});

test.each([undefined, null, 42, {}])("a topic that is no string (%s) is refused by its own code", (name) => {
  expect(() => assertTopic(name as string)).toThrow(expect.objectContaining({ code: "invalid_topic", field: "topic" }));
  expect(() => toSubscription(["a", name as string])).toThrow(expect.objectContaining({ code: "invalid_topic" }));
});
