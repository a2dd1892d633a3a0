import { matchesPattern } from "../../topics.ts";

/** One test for many patterns, for scans: most topics fail at the literal part before the first `*`, which is cheap. */
export function toMatcher(patterns: readonly string[]): (topic: string) => boolean {
  const prefixed = patterns.map((pattern) => ({ pattern, prefix: pattern.slice(0, pattern.indexOf("*")) }));
  return (topic) => prefixed.some(({ pattern, prefix }) => topic.startsWith(prefix) && matchesPattern(pattern, topic));
}
