import type { TopicListing } from "./api.ts";

/** What a hub holds in all. */
export interface Holdings {
  readonly topics: number;
  readonly publications: number;
  readonly bytes: number;
  /** There is more: these are the sums of a thousand topics. */
  readonly truncated: boolean;
}

/** The sums of a listing. */
export function toHoldings({ topics, truncated }: TopicListing): Holdings {
  return {
    topics: topics.length,
    publications: topics.reduce((sum, { count }) => sum + count, 0),
    bytes: topics.reduce((sum, { bytes }) => sum + bytes, 0),
    truncated,
  };
}
