import { TidingsError } from "@tidings/server";
import type { FastifyRequest } from "fastify";
import type { AddressOf } from "./addresses.ts";

/** So many publications in so many milliseconds. */
export interface Rate {
  readonly count: number;
  readonly per: number;
}

/** Bounds how fast one caller publishes. */
export interface PublishRate {
  /** Throws if a caller may not publish now. Counts nothing. @throws TidingsError `publish_rate_exceeded` */
  assertMayPublish(request: FastifyRequest): void;
  /** Counts publications of a caller. @throws TidingsError `publish_rate_exceeded`, and then counts none */
  take(request: FastifyRequest, events: number): void;
}

/** How much a caller may publish at once, at a time. Below zero after a batch that was larger. */
interface Bucket {
  tokens: number;
  at: number;
}

/** Callers that are remembered. Whoever has not published for longest is forgotten first, and then starts anew. */
const MAX_CALLERS = 10_000;

const UNBOUNDED: PublishRate = { assertMayPublish: () => {}, take: () => {} };

/**
 * A token bucket for each caller: for the subject of its token, else for its address. A batch counts as its events; one that
 * is larger than the bucket needs a full one, and leaves a debt, so that it is possible, and no faster.
 *
 * @param rate undefined: as fast as anybody likes
 * @param burst what a bucket holds; default: the count of the rate
 * @param now a clock in milliseconds
 */
export function createPublishRate(
  rate: Rate | undefined,
  burst: number | undefined,
  addressOf: AddressOf,
  now: () => number = () => performance.now(),
): PublishRate {
  if (rate === undefined) return UNBOUNDED;
  const capacity = burst ?? rate.count;
  const { count, per } = rate;
  const buckets = new Map<string, Bucket>();

  /** The bucket of a caller as it is now, moved to the end of those that are remembered. */
  function fill(caller: string): Bucket {
    const at = now();
    const bucket = buckets.get(caller) ?? { tokens: capacity, at };
    bucket.tokens = Math.min(capacity, bucket.tokens + ((at - bucket.at) * count) / per);
    bucket.at = at;
    buckets.delete(caller);
    buckets.set(caller, bucket);
    if (buckets.size > MAX_CALLERS) buckets.delete(buckets.keys().next().value as string);
    return bucket;
  }

  function assertTokens({ tokens }: Bucket, events: number): void {
    const missing = Math.min(events, capacity) - tokens;
    if (missing <= 0) return;
    const retryAfter = Math.ceil((missing * per) / count / 1000);
    throw new TidingsError(
      "publish_rate_exceeded",
      `You may publish ${describe(rate as Rate)}, ${capacity} at once, and have. Try again in ${retryAfter} s.`,
      { retryAfter },
    );
  }

  function callerOf({ identity, raw }: FastifyRequest): string {
    return identity.subject === undefined ? `address ${addressOf(raw)}` : `subject ${identity.subject}`;
  }

  return {
    assertMayPublish: (request) => assertTokens(fill(callerOf(request)), 1),
    take(request, events) {
      const bucket = fill(callerOf(request));
      assertTokens(bucket, events);
      bucket.tokens -= events;
    },
  };
}

function describe({ count, per }: Rate): string {
  const unit = { 1000: "second", 60000: "minute", 3600000: "hour" }[per] ?? `${per} ms`;
  return `${count} events per ${unit}`;
}
