import { useEffect } from "react";
import type { TopicSummary } from "../../model/api.ts";
import { usePage, useReadable } from "../parts/use-page.ts";

/** What the hub holds of a topic, kept up to date; undefined while that is not known, and for a pattern. */
export function useTopicSummary(name: string): TopicSummary | undefined {
  const { topics } = usePage();
  const { value } = useReadable(topics);
  useEffect(() => topics.search(name), [topics, name]);
  return value?.listing.topics.find(({ topic }) => topic === name);
}
