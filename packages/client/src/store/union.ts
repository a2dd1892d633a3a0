import { isPattern, matchesPattern } from "@tidings/wire/topics";

/** What to ask a hub for: without the topics that a pattern brings along, each once, in an order that is always the same. */
export function toUnion(topics: Iterable<string>): readonly string[] {
  const all = [...new Set(topics)].sort();
  const patterns = all.filter(isPattern);
  return all.filter((topic) => isPattern(topic) || !patterns.some((pattern) => matchesPattern(pattern, topic)));
}
