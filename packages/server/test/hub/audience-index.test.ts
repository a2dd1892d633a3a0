import fc from "fast-check";
import { expect, test } from "vitest";
import type { Audience } from "../../src/hub/audience.ts";
import { AudienceIndex } from "../../src/hub/audience-index.ts";
import { isSubscribed, matchesPattern, toSubscription } from "../../src/topics.ts";

const level = fc.constantFrom("a", "b", "c", "tidings:x");
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
const pattern = fc
  .tuple(fc.array(fc.oneof(level, fc.constant("*")), { maxLength: 3 }), fc.constantFrom("*", "**", "a"))
  .map(([levels, last]) => [...levels, last].join("/"))
  .filter((name) => name.includes("*") && !name.startsWith("tidings:"));
const names = fc.array(fc.oneof(topic, pattern), { minLength: 1, maxLength: 5 }).map((list) => {
  const own = list.filter((name) => !name.startsWith("tidings:"));
  return own.length > 0 ? own : ["a"];
});

function matching(index: AudienceIndex, name: string): Set<Audience> {
  const found = new Set<Audience>();
  index.match(name, (audience, all) => all.add(audience), found);
  return found;
}

test("the audiences of a topic are those whose topics name it or whose patterns match it", () => {
  fc.assert(
    fc.property(
      fc.array(names, { maxLength: 12 }),
      fc.array(topic, { minLength: 1, maxLength: 12 }),
      (wishes, topics) => {
        const index = new AudienceIndex();
        const audiences = new Set(wishes.map((wish) => index.acquire(toSubscription(wish))));
        expect(index.size).toBe(audiences.size);
        for (const name of topics) {
          const expected = [...audiences].filter(({ subscription }) => isSubscribed(subscription, name));
          expect(matching(index, name)).toEqual(new Set(expected));
          expect(expected.every((audience) => audience.matches(name))).toBe(true);
          expect(new Set(index.naming(name))).toEqual(
            new Set([...audiences].filter(({ subscription }) => subscription.topics.includes(name))),
          );
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test("one pattern is found exactly where it matches", () => {
  fc.assert(
    fc.property(pattern, topic, (wish, name) => {
      const index = new AudienceIndex();
      const audience = index.acquire(toSubscription([wish]));
      expect(matching(index, name).has(audience)).toBe(matchesPattern(wish, name));
    }),
    { numRuns: 3_000 },
  );
});

test.each([
  ["a/*", "a/b", true],
  ["a/*", "a", false],
  ["a/*", "a/b/c", false],
  ["a/**", "a", false],
  ["a/**", "a/b", true],
  ["a/**", "a/b/c", true],
  ["*", "a", true],
  ["*", "a/b", false],
  ["**", "a/b/c", true],
  ["*/**", "a", false],
  ["*/**", "a/b", true],
  ["*/b", "a/b", true],
  ["**", "tidings:status", false],
  ["*", "tidings:status", false],
  ["*/b", "tidings:x/b", false],
  ["a/*", "a/tidings:x", true],
])("%s finds %s: %s", (wish, name, expected) => {
  const index = new AudienceIndex();
  const audience = index.acquire(toSubscription([wish]));
  expect(matching(index, name).has(audience)).toBe(expected);
  expect(audience.matches(name)).toBe(expected);
});

test("the same topics and patterns in any order, and twice, are one audience; others are others", () => {
  const index = new AudienceIndex();
  const one = index.acquire(toSubscription(["a", "b/*", "c"]));
  expect(index.acquire(toSubscription(["c", "a", "b/*", "a"]))).toBe(one);
  expect(index.acquire(toSubscription(["a", "c"]))).not.toBe(one);
  expect(index.acquire(toSubscription(["a/c"]))).not.toBe(index.acquire(toSubscription(["a", "c"])));
  expect(index.size).toBe(3);
  expect(one.names).toEqual(["a", "c", "b/*"]);
});

test("an audience stays as long as it has members", () => {
  const index = new AudienceIndex();
  const subscription = toSubscription(["a", "b/*"]);
  const audience = index.acquire(subscription);
  index.acquire(subscription);
  index.release(audience);
  expect([...matching(index, "a")]).toEqual([audience]);
  expect([...matching(index, "b/1")]).toEqual([audience]);
  index.release(audience);
  expect(matching(index, "a").size).toBe(0);
  expect(matching(index, "b/1").size).toBe(0);
  expect(index.size).toBe(0);
});

test("audiences that are released, in any order, leave nothing behind in any map, and take nothing from others", () => {
  fc.assert(
    fc.property(
      fc.array(names, { minLength: 1, maxLength: 10 }),
      fc.infiniteStream(fc.nat()),
      topic,
      (wishes, picks, name) => {
        const filled = recordFilled(() => {
          const index = new AudienceIndex();
          const left = wishes.map((wish) => index.acquire(toSubscription(wish)));
          while (left.length > 0) {
            const [gone] = left.splice((picks.next().value as number) % left.length, 1);
            index.release(gone as Audience);
            const expected = new Set(left.filter(({ subscription }) => isSubscribed(subscription, name)));
            expect(matching(index, name)).toEqual(expected);
          }
          return index;
        });
        expect(filled.index.size).toBe(0);
        // Audiences keep sets of their own; every collection of the index that was ever filled with one, or with levels, is empty.
        expect(filled.collections.filter(({ size }) => size > 0)).toEqual([]);
      },
    ),
    { numRuns: 300 },
  );
});

/** Runs a test body and gives every map and set that came to hold audiences, or what leads to them. */
function recordFilled(run: () => AudienceIndex): { index: AudienceIndex; collections: { size: number }[] } {
  const collections = new Set<{ size: number }>();
  const { set } = Map.prototype;
  const { add } = Set.prototype;
  const index: { current?: AudienceIndex } = {};
  Map.prototype.set = function (this: Map<unknown, unknown>, key: unknown, value: unknown) {
    const isOfIndex = typeof key === "string" && typeof value === "object" && value !== null && !Array.isArray(value);
    if (isOfIndex && isIndexed(value)) add.call(collections, this);
    return set.call(this, key, value);
  };
  try {
    index.current = run();
  } finally {
    Map.prototype.set = set;
  }
  return { index: index.current as AudienceIndex, collections: [...collections] };
}

/** An audience, a set of them, or a level of the pattern trie. */
function isIndexed(value: object): boolean {
  return "subscription" in value || value instanceof Set || ("next" in value && "below" in value);
}
