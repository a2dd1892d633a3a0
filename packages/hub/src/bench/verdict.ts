/** What went wrong on the way to readers. */
export interface Faults {
  lost: number;
  duplicated: number;
  reordered: number;
}

/** Judges what one reader gets of one topic, whose events are numbered from 0. */
export interface Verdict {
  /** An event has come. True if it is the first time. */
  take(number: number): boolean;
  /** Whether all events up to `count` have come. */
  has(count: number): boolean;
  /** What is wrong with it, if `count` events were published. */
  faults(count: number): Faults;
}

/**
 * An event that comes after a later one is reordered, one that has come before is duplicated, one that never comes is lost.
 * Holds what is missing, and nothing else.
 */
export function createVerdict(): Verdict {
  /** All events before it have come, but for those that are missing. */
  let next = 0;
  let missing: Set<number> | undefined;
  let duplicated = 0;
  let reordered = 0;
  return {
    take(number) {
      if (number >= next) {
        for (; next < number; next++) missing = (missing ?? new Set()).add(next);
        next++;
        return true;
      }
      if (missing?.delete(number)) {
        reordered++;
        return true;
      }
      duplicated++;
      return false;
    },
    has: (count) => next >= count && (missing?.size ?? 0) === 0,
    faults: (count) => ({ lost: (missing?.size ?? 0) + Math.max(0, count - next), duplicated, reordered }),
  };
}
