import type { TidingsError } from "@tidings/server";
import type { FastifyRequest } from "fastify";
import { describe, expect, test } from "vitest";
import { createPublishRate, type Rate } from "../src/http/publish-rate.ts";

/** A rate over a clock of the test's own; `take` gives seconds to wait, or 0 if it was granted. */
function testRate(rate: Rate | undefined, burst?: number) {
  let time = 0;
  const bucket = createPublishRate(
    rate,
    burst,
    ({ url }) => url,
    () => time,
  );
  const toRequest = (caller: string): FastifyRequest =>
    (caller.startsWith("@")
      ? { identity: { subject: caller.slice(1) }, raw: { url: "192.0.2.1" } }
      : { identity: {}, raw: { url: caller } }) as unknown as FastifyRequest;
  const waitOf = (act: () => void): number => {
    try {
      act();
      return 0;
    } catch (error) {
      expect((error as TidingsError).code).toBe("publish_rate_exceeded");
      return (error as TidingsError).retryAfter as number;
    }
  };
  return {
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
    take: (events: number, caller = "192.0.2.1") => waitOf(() => bucket.take(toRequest(caller), events)),
    ask: (caller = "192.0.2.1") => waitOf(() => bucket.assertMayPublish(toRequest(caller))),
  };
}

describe("the publish rate", () => {
  test("without one, anything goes", () => expect(testRate(undefined).take(1e9)).toBe(0));

  test("so many at once, then one by one", () => {
    const { take, ask, pass } = testRate({ count: 10, per: 1000 }, 20);
    for (let at = 0; at < 20; at++) expect(take(1)).toBe(0);
    expect(take(1)).toBe(1);
    expect(ask()).toBe(1);
    pass(99);
    expect(take(1)).toBe(1);
    pass(1);
    expect(ask()).toBe(0);
    expect(take(1)).toBe(0);
    expect(take(1)).toBe(1);
    pass(3_600_000);
    for (let at = 0; at < 20; at++) expect(take(1)).toBe(0);
    expect(take(1)).toBe(1);
  });

  test("what is refused is not counted, and asking counts nothing", () => {
    const { take, ask } = testRate({ count: 10, per: 1000 });
    expect(take(4)).toBe(0);
    for (let at = 0; at < 100; at++) expect(take(7) + ask()).toBe(1);
    expect(take(6)).toBe(0);
  });

  test("a batch larger than a bucket needs a full one, and is paid for afterwards", () => {
    const { take, pass } = testRate({ count: 10, per: 1000 });
    expect(take(1)).toBe(0);
    expect(take(1000)).toBe(1);
    pass(100);
    expect(take(1000)).toBe(0);
    expect(take(1)).toBe(100);
    pass(99_000);
    expect(take(1)).toBe(1);
    pass(100);
    expect(take(1)).toBe(0);
    // In all 1,002 in 99.2 seconds, and a bucket at the start.
  });

  test("each subject has its own, wherever it is; without a subject, each address", () => {
    const { take } = testRate({ count: 1, per: 3_600_000 });
    expect([take(1, "@ada"), take(1, "@bob"), take(1, "192.0.2.1"), take(1, "ada")]).toEqual([0, 0, 0, 0]);
    expect([take(1, "@ada"), take(1, "@bob"), take(1, "192.0.2.1"), take(1, "ada")]).toEqual(Array(4).fill(3600));
  });

  test("remembers ten thousand callers; who has not published for longest starts anew", () => {
    const { take } = testRate({ count: 1, per: 3_600_000 });
    for (let at = 0; at < 10_000; at++) expect(take(1, `@${at}`)).toBe(0);
    expect(take(1, "@0")).toBe(3600);
    expect(take(1, "@one more")).toBe(0);
    expect(take(1, "@0")).toBe(3600);
    expect(take(1, "@1")).toBe(0);
  });
});
