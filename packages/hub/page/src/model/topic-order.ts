import type { TopicSummary } from "./api.ts";
import { isPattern, toMatcher } from "./topics.ts";

/** What a list of topics is ordered by. */
export type TopicOrder = "topic" | "readers" | "count" | "bytes" | "lastTime";

/** Those that hold `search` in their name, or match it as a pattern. */
export function searchTopics(topics: readonly TopicSummary[], search: string): readonly TopicSummary[] {
  if (search === "") return topics;
  const matches = isPattern(search) ? toMatcher(search) : (topic: string) => topic.includes(search);
  return topics.filter(({ topic }) => matches(topic));
}

/** By name upwards, by anything else downwards; what is equal stays in the order of names. */
export function orderTopics(topics: readonly TopicSummary[], order: TopicOrder): readonly TopicSummary[] {
  if (order === "topic") return topics;
  return topics.toSorted((a, b) => (b[order] ?? 0) - (a[order] ?? 0));
}
