import type { Hub, TopicInfo } from "@tidings/server";
import { findPatternFault, isPattern, matchesPattern } from "@tidings/wire/topics";

/** Topics read from the store at a time. */
const PAGE = 1_000;

/** Topics looked at for one answer. A hub with more says that there are more. */
const MAX_LOOKED_AT = 100_000;

/**
 * Topics in the order of their names, after `after`: those that `search` matches as a pattern, or that hold it in their
 * name. An empty search finds all.
 */
export async function findTopics(
  hub: Hub,
  { limit, after, search }: { limit: number; after: string | undefined; search: string },
): Promise<{ topics: readonly TopicInfo[]; truncated: boolean }> {
  const isWanted = toTest(search);
  const found: TopicInfo[] = [];
  let last = after;
  for (let lookedAt = 0; lookedAt < MAX_LOOKED_AT; lookedAt += PAGE) {
    // One more than asked for tells whether more follow.
    const size = search === "" ? limit + 1 : PAGE;
    const page = await hub.topics({ limit: size, ...(last !== undefined && { after: last }) });
    for (const topic of page) {
      if (!isWanted(topic.topic)) continue;
      if (found.length === limit) return { topics: found, truncated: true };
      found.push(topic);
    }
    if (page.length < size) return { topics: found, truncated: false };
    last = page.at(-1)?.topic;
  }
  return { topics: found, truncated: true };
}

function toTest(search: string): (topic: string) => boolean {
  if (isPattern(search) && findPatternFault(search) === undefined) return (topic) => matchesPattern(search, topic);
  return (topic) => topic.includes(search);
}
