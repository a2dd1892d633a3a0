import { covers, isPattern, matchesPattern } from "@tidings/wire/topics";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

describe("covers", () => {
  it.each<[grants: string[], name: string, covered: boolean]>([
    [["orders/42"], "orders/42", true],
    [["orders/42"], "orders/43", false],
    [["orders/*"], "orders/42", true],
    [["orders/*"], "orders/*", true],
    [["orders/*"], "orders/**", false],
    [["orders/*"], "orders", false],
    [["orders/*"], "orders/42/items", false],
    [["orders/**"], "orders/*/items", true],
    [["orders/**"], "orders/**", true],
    [["orders/**"], "orders", false],
    [["orders/**"], "**", false],
    [["orders/42"], "orders/*", false],
    [["*/items"], "orders/items", true],
    [["*/items"], "*/items", true],
    [["*/items"], "*/*", false],
    [["**"], "a/*/**", true],
    [["*"], "**", false],
    [["*", "*/**"], "**", true],
    [["*", "*/*", "*/*/**"], "**", true],
    [["*", "*/*/**"], "**", false],
    [["a/*", "a/*/b", "a/*/*/**", "a/*/*"], "a/**", true],
    [["a", "b"], "*", false],
    [[], "a", false],
    [["**"], "tidings:x", false],
  ])("%j, %s: %s", (grants, name, covered) => expect(covers(grants, name)).toBe(covered));

  // "z" stands for all the levels that no pattern names; one level more than any pattern has, for all lengths.
  it("is true exactly if everything that the name matches is matched by a grant", () => {
    const topics = upTo(5, ["a", "b", "z"]);
    const level = fc.constantFrom("a", "b", "*", "*");
    const name = fc
      .tuple(fc.array(level, { maxLength: 3 }), fc.boolean())
      .map(([levels, open]) => [...levels, ...(open || levels.length === 0 ? ["**"] : [])].join("/"));
    fc.assert(
      fc.property(fc.array(name, { maxLength: 6 }), name, (grants, wanted) => {
        const matched = topics.filter((topic) => matches(wanted, topic));
        const expected = matched.every((topic) => grants.some((grant) => matches(grant, topic)));
        expect(covers(grants, wanted)).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it("takes little time for the deepest pattern and many grants", () => {
    const deep = `${"*/".repeat(126)}*`;
    const grants = Array.from({ length: 200 }, (_, at) => `${at}/${deep}`);
    expect(covers(grants, "0/**")).toBe(false);
  });
});

function matches(name: string, topic: string): boolean {
  return isPattern(name) ? matchesPattern(name, topic) : name === topic;
}

/** All topics of one to `length` levels out of these. */
function upTo(length: number, levels: readonly string[]): readonly string[] {
  const longest: string[][] = [levels.slice()];
  while (longest.length < length) {
    const last = longest.at(-1) as string[];
    longest.push(last.flatMap((topic) => levels.map((level) => `${topic}/${level}`)));
  }
  return longest.flat();
}
