import type { StreamEvent } from "@tidings/client";
import { createTopicStore, type ReduceOptions, type TopicOptions } from "@tidings/client/store";
import { useHubClient } from "./provider.tsx";
import { useKept, useStore } from "./stores.ts";

/**
 * The newest events of a topic or pattern, oldest first: at most `limit`, by default 100. It begins with `initial` and goes on
 * exactly after `lastEventId`, or begins with the newest `last`, or by default with what comes from now on. Renders at most
 * once a frame. `null` listens to nothing.
 *
 * Another topic is another list; the identity of options never matters.
 */
export function useTopic<Data = unknown>(
  topic: string | null,
  options?: TopicOptions<Data>,
): readonly StreamEvent<Data>[];
/** What `reduce` makes of the events of a topic or pattern, beginning with `initial`. An event for which it throws is left out. */
export function useTopic<Data, State>(topic: string | null, options: ReduceOptions<Data, State>): State;
export function useTopic(topic: string | null, options: TopicOptions | ReduceOptions<unknown, unknown> = {}): unknown {
  const client = useHubClient();
  return useStore(useKept([client, topic], options, (read) => createTopicStore(client, topic, read)));
}
