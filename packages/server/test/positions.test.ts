import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Lineage, parsePosition, resolvePosition, toId } from "../src/positions.ts";

const LINEAGE: Lineage = [
  { name: "one", first: 1 },
  { name: "two", first: 11 },
  { name: "idle", first: 21 },
  { name: "now", first: 21 },
];
const HEAD = 30;

describe("an id", () => {
  test.each([
    [0, "one-0"],
    [1, "one-1"],
    [10, "one-10"],
    [11, "two-11"],
    [20, "two-20"],
    [21, "now-21"],
    [99, "now-99"],
  ])("of offset %i names the epoch it was appended under", (offset, id) => {
    expect(toId(LINEAGE, offset)).toBe(id);
  });

  test.each([
    "",
    "one",
    "one-",
    "-1",
    "one-01",
    "one-1.5",
    "one--1",
    "ONE-1",
    "one-1 ",
    "one-99999999999999999",
    "é-1",
  ])("is never %j", (id) => {
    expect(parsePosition(id)).toBeUndefined();
    expect(resolvePosition(id, LINEAGE, HEAD)).toEqual({ known: false, reason: "unknown", after: 20 });
  });

  test("is read as it was written", () => {
    expect(parsePosition("m3k9x2-1042")).toEqual({ epoch: "m3k9x2", offset: 1_042 });
    expect(parsePosition(`x-${Number.MAX_SAFE_INTEGER}`)?.offset).toBe(Number.MAX_SAFE_INTEGER);
    expect(parsePosition(`x-${Number.MAX_SAFE_INTEGER + 1}`)).toBeUndefined();
  });
});

describe("a position", () => {
  test("of the current epoch is known up to the head", () => {
    expect(resolvePosition("now-30", LINEAGE, HEAD)).toEqual({ known: true, after: 30 });
    expect(resolvePosition("now-31", LINEAGE, HEAD)).toEqual({ known: false, reason: "reset", after: 30 });
  });

  test("of an earlier epoch is good up to where that epoch ended, and no further", () => {
    expect(resolvePosition("one-10", LINEAGE, HEAD)).toEqual({ known: true, after: 10 });
    expect(resolvePosition("one-11", LINEAGE, HEAD)).toEqual({ known: false, reason: "reset", after: 10 });
    expect(resolvePosition("two-25", LINEAGE, HEAD)).toEqual({ known: false, reason: "reset", after: 20 });
  });

  test("of an epoch that is not known leaves the start of the current one", () => {
    expect(resolvePosition("other-5", LINEAGE, HEAD)).toEqual({ known: false, reason: "reset", after: 20 });
  });

  test("is where its id says, for every offset that was ever given", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 1, maxLength: 8 }), (lengths) => {
        let head = 0;
        const lineage = lengths.map((length, at) => {
          const epoch = { name: `e${at}`, first: head + 1 };
          head += length;
          return epoch;
        });
        for (let offset = 0; offset <= head; offset++) {
          expect(resolvePosition(toId(lineage, offset), lineage, head)).toEqual({ known: true, after: offset });
        }
      }),
      { seed: 4 },
    );
  });

  test("of a log that was put back never passes for one of the log that followed", () => {
    fc.assert(
      fc.property(fc.nat(10), fc.nat(10), fc.nat(10), (kept, lost, fresh) => {
        const before = [{ name: "before", first: 1 }];
        const restored = [...before, { name: "after", first: kept + 1 }];
        for (let offset = kept + 1; offset <= kept + lost; offset++) {
          const resolved = resolvePosition(toId(before, offset), restored, kept + fresh);
          expect(resolved).toEqual({ known: false, reason: "reset", after: kept });
        }
      }),
      { seed: 5 },
    );
  });
});
