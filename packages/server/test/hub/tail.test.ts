import fc from "fast-check";
import { expect, test } from "vitest";
import { Tail, type TailBounds, TailRecord } from "../../src/hub/tail.ts";

const UNBOUNDED: TailBounds = { records: Infinity, bytes: Infinity };

function record(offset: number, data = ""): TailRecord {
  return new TailRecord({ offset, topic: "a", data, time: 0 }, () => new Uint8Array());
}

function fill(tail: Tail, offsets: readonly number[], data = ""): Tail {
  for (const offset of offsets) tail.add(record(offset, data));
  return tail;
}

function between(tail: Tail, after: number, through: number): number[] {
  return [...tail.between(after, through)].map(({ publication }) => publication.offset);
}

function held(tail: Tail): number[] {
  return between(tail, 0, Infinity);
}

test("an empty tail covers its head and what is to come, and nothing before", () => {
  const tail = new Tail(7, UNBOUNDED);
  expect([tail.head, tail.floor]).toEqual([7, 7]);
  expect([6, 7, 8].map((offset) => tail.covers(offset))).toEqual([false, true, true]);
  expect(held(tail)).toEqual([]);
});

test("between gives what follows one offset, up to and with another", () => {
  const tail = fill(new Tail(0, UNBOUNDED), [1, 2, 3, 4, 5]);
  expect(between(tail, 0, 5)).toEqual([1, 2, 3, 4, 5]);
  expect(between(tail, 2, 4)).toEqual([3, 4]);
  expect(between(tail, 4, 4)).toEqual([]);
  expect(between(tail, 5, 9)).toEqual([]);
});

test("offsets may skip: any two bounds, held or not, give exactly what lies between, after evictions too", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 60 }),
      fc.nat(60),
      fc.nat(210),
      fc.nat(210),
      (unsorted, records, after, through) => {
        const offsets = unsorted.sort((a, b) => a - b);
        const tail = fill(new Tail(0, { records, bytes: Infinity }), offsets);
        tail.evict(tail.head);
        const kept = records === 0 ? [] : offsets.slice(-records);
        expect(held(tail)).toEqual(kept);
        expect(tail.head).toBe(offsets.at(-1) ?? 0);
        expect(tail.floor).toBe(offsets[offsets.length - kept.length - 1] ?? 0);
        expect(between(tail, after, through)).toEqual(kept.filter((offset) => offset > after && offset <= through));
      },
    ),
    { numRuns: 2_000 },
  );
});

test("no more records than the bound are kept, and the floor says from where on all are", () => {
  const tail = fill(new Tail(0, { records: 3, bytes: Infinity }), [1, 2, 3, 5, 8]);
  expect(held(tail)).toEqual([1, 2, 3, 5, 8]);
  tail.evict(8);
  expect(held(tail)).toEqual([3, 5, 8]);
  expect([1, 2, 3].map((offset) => tail.covers(offset))).toEqual([false, true, true]);
});

test("no more bytes than the bound are kept", () => {
  // Data counts twice, for its block, and a record 256.
  const tail = fill(new Tail(0, { records: Infinity, bytes: 3 * (2 * 100 + 256) }), [1, 2, 3, 4, 5], "x".repeat(100));
  tail.evict(5);
  expect(held(tail)).toEqual([3, 4, 5]);
  tail.add(record(6, "x".repeat(100 + 1)));
  tail.evict(6);
  expect(held(tail)).toEqual([5, 6]);
});

test("what the last flush has not passed is kept beyond every bound", () => {
  const tail = fill(new Tail(0, { records: 1, bytes: 1 }), [1, 2, 3, 4]);
  tail.evict(2);
  expect(held(tail)).toEqual([3, 4]);
  expect(tail.floor).toBe(2);
  tail.evict(2);
  expect(held(tail)).toEqual([3, 4]);
  tail.evict(4);
  expect(held(tail)).toEqual([]);
  expect([tail.floor, tail.head]).toEqual([4, 4]);
});

test("forget drops everything up to an offset, held or not", () => {
  const tail = fill(new Tail(0, UNBOUNDED), [1, 2, 4, 8]);
  tail.forget(3);
  expect(held(tail)).toEqual([4, 8]);
  expect([2, 3].map((offset) => tail.covers(offset))).toEqual([false, true]);
  tail.forget(1);
  expect(tail.floor).toBe(3);
  expect(held(tail)).toEqual([4, 8]);
  tail.forget(8);
  expect(held(tail)).toEqual([]);
  expect(tail.floor).toBe(8);
});

test("bytes of what was forgotten or evicted count no more", () => {
  const tail = fill(new Tail(0, { records: Infinity, bytes: 2 * 256 }), [1, 2, 3]);
  tail.forget(2);
  tail.add(record(4));
  tail.evict(4);
  expect(held(tail)).toEqual([3, 4]);
  for (let offset = 5; offset < 100; offset++) {
    tail.add(record(offset));
    tail.evict(offset);
  }
  expect(held(tail)).toEqual([98, 99]);
});

test("a tail that has let go of many thousands is the same as a new one with what is left", () => {
  const tail = new Tail(0, { records: 10, bytes: Infinity });
  for (let offset = 1; offset <= 5_000; offset++) {
    tail.add(record(offset));
    if (offset % 7 === 0) tail.evict(offset);
    const from = offset - (offset % 7) - 10 + 1;
    if (offset % 97 === 0) {
      const expected = Array.from({ length: offset }, (_, at) => at + 1).filter((each) => each >= from);
      expect(held(tail)).toEqual(expected);
      expect(tail.floor).toBe(Math.max(0, from - 1));
    }
  }
});
