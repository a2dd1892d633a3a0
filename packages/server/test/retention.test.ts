import { describe, expect, test } from "vitest";
import { toRetentionPolicy } from "../src/retention.ts";

const DEFAULTS = { maxCount: 1_000, maxTotalBytes: 64 };
const WEEK = 7 * 24 * 60 * 60 * 1_000;

describe("a retention policy", () => {
  test("is a week, and the store's own count and bytes, unless told otherwise", () => {
    const policy = toRetentionPolicy({}, DEFAULTS);
    expect(policy.for("any")).toEqual({ maxAge: WEEK, maxCount: 1_000, maxBytes: Infinity });
    expect(policy.maxTotalBytes).toBe(64);
  });

  test("takes from the general bounds what a topic's own leave out", () => {
    const policy = toRetentionPolicy(
      { maxAge: 5, maxTotalBytes: 7, topics: { a: { maxCount: 1 }, "b/*": { maxBytes: 2 } } },
      DEFAULTS,
    );
    expect(policy.for("a")).toEqual({ maxAge: 5, maxCount: 1, maxBytes: Infinity });
    expect(policy.for("b/c")).toEqual({ maxAge: 5, maxCount: 1_000, maxBytes: 2 });
    expect(policy.for("c")).toEqual({ maxAge: 5, maxCount: 1_000, maxBytes: Infinity });
    expect(policy.maxTotalBytes).toBe(7);
  });

  test("lets the most specific match win, in whatever order they are given", () => {
    const topics = { "**": { maxCount: 1 }, "a/**": { maxCount: 2 }, "a/*": { maxCount: 3 }, "a/b": { maxCount: 4 } };
    for (const entries of [Object.entries(topics), Object.entries(topics).reverse()]) {
      const policy = toRetentionPolicy({ topics: Object.fromEntries(entries) }, DEFAULTS);
      const counts = ["x", "a", "a/x/y", "a/x", "a/b"].map((topic) => policy.for(topic).maxCount);
      expect(counts).toEqual([1, 1, 2, 3, 4]);
    }
  });

  test.each([
    [{ maxAge: 0 }, "retention.maxAge"],
    [{ maxCount: -1 }, "retention.maxCount"],
    [{ maxBytes: Number.NaN }, "retention.maxBytes"],
    [{ maxTotalBytes: 0 }, "retention.maxTotalBytes"],
    [{ topics: { "a/*": { maxCount: 0 } } }, 'retention.topics["a/*"].maxCount'],
    [{ maxAge: "7d" as unknown as number }, "retention.maxAge"],
  ])("refuses %j, naming %s", (options, field) => {
    expect(() => toRetentionPolicy(options, DEFAULTS)).toThrow(
      expect.objectContaining({ code: "invalid_option", field }),
    );
  });

  test("refuses a topic or pattern that is none", () => {
    const refuse =
      (name: string): unknown =>
      () =>
        toRetentionPolicy({ topics: { [name]: {} } }, DEFAULTS);
    expect(refuse("a//b")).toThrow(
      expect.objectContaining({ code: "invalid_option", field: `retention.topics["a//b"]` }),
    );
    expect(refuse("**/a")).toThrow(
      expect.objectContaining({ code: "invalid_option", field: `retention.topics["**/a"]` }),
    );
  });
});
