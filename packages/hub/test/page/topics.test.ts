import { describe, expect, test } from "vitest";
import { findTopicFault, toMatcher, toTopicPath, toTopicQuery } from "../../page/src/model/topics.ts";

describe("findTopicFault", () => {
  test.each(["orders/42", "a", "a b/ü/🚀", "x".repeat(256), "a.b/..c"])("%s is a topic", (topic) => {
    expect(findTopicFault(topic)).toBeUndefined();
  });

  test.each([
    ["", /Name a topic/],
    ["orders/*", /“\*”/],
    ["tidings:x", /belong to the hub/],
    ["a\u0007b", /control/],
    ["/a", /empty level/],
    ["a//b", /empty level/],
    ["a/", /empty level/],
    ["a/../b", /“\.\.”/],
    ["./a", /“\.”/],
    ["ü".repeat(129), /256 bytes/],
  ])("%j is none", (topic, sentence) => {
    expect(findTopicFault(topic)).toMatch(sentence);
  });
});

describe("toMatcher", () => {
  test.each([
    ["**", ["a", "a/b"], []],
    ["orders/*", ["orders/42"], ["orders", "orders/42/items", "borders/42"]],
    ["orders/**", ["orders/42", "orders/42/items"], ["orders", "reorders/1"]],
    ["*/a.b", ["x/a.b"], ["x/aXb", "y/x/a.b"]],
  ])("%s", (pattern, matched, others) => {
    const matches = toMatcher(pattern);
    expect(matched.filter((topic) => !matches(topic))).toEqual([]);
    expect(others.filter(matches)).toEqual([]);
  });

  test("half a pattern, in the middle of typing, throws nothing", () => {
    for (const typed of ["*", "(*", "[*/", "a/**b", "\\*"]) expect(() => toMatcher(typed)("a")).not.toThrow();
  });
});

test("every level is encoded for a path, and survives the way back", () => {
  const path = toTopicPath("a b/c?d#e%f/ü");
  expect(path).toBe("a%20b/c%3Fd%23e%25f/%C3%BC");
  expect(path.split("/").map(decodeURIComponent).join("/")).toBe("a b/c?d#e%f/ü");
});

test("a query keeps what people read", () => {
  expect(toTopicQuery("orders/**")).toBe("orders/**");
  expect(decodeURIComponent(toTopicQuery("a&b=c+d e"))).toBe("a&b=c+d e");
});

test("half of a surrogate pair, in the middle of typing, throws nothing", () => {
  expect(() => toTopicPath("a\ud83d")).not.toThrow();
});
