import { expect } from "vitest";
import type { Received, StrictReader } from "./reader.ts";

/** A publication as its publisher knows it. */
export interface Sent {
  readonly offset: number;
  readonly topic: string;
  readonly data: string;
}

/** Whether a subscription takes a topic: the rules of `PROTOCOL.md` once more, as a regular expression, to judge the hub's. */
function toTaker(subscription: readonly string[]): (topic: string) => boolean {
  const levels = { "*": "[^/]+", "**": ".+" } as Record<string, string>;
  const sources = subscription.map((name) =>
    name
      .split("/")
      .map((level) => levels[level] ?? level)
      .join("/"),
  );
  const taken = new RegExp(`^(${sources.join("|")})$`);
  return (topic) => taken.test(topic);
}

/** What a reader has to have got: everything after its start that its subscription takes, in order. */
export function expectedOf(sent: readonly Sent[], subscription: readonly string[], start: number): Sent[] {
  const takes = toTaker(subscription);
  return sent.filter(({ offset, topic }) => offset > start && takes(topic));
}

/** Holds a reader to exactly this, and tells of a difference in a few words instead of thousands of lines. */
export function expectExactly(reader: StrictReader, expected: readonly Sent[], who: string): void {
  expect(reader.faults, who).toEqual([]);
  expect(firstDifference(reader.received, expected), who).toBeUndefined();
}

function firstDifference(received: readonly Received[], expected: readonly Sent[]): string | undefined {
  for (let at = 0; at < Math.max(received.length, expected.length); at++) {
    const [got, due] = [received[at], expected[at]];
    if (got?.offset === due?.offset && got?.topic === due?.topic && got?.data === due?.data) continue;
    const tell = (each: Received | Sent | undefined): string =>
      each === undefined ? "nothing" : `${each.topic} ${each.offset} ${each.data.slice(0, 60)}`;
    return `at ${at} of ${expected.length} (${received.length} received): ${tell(got)} instead of ${tell(due)}`;
  }
  return undefined;
}
