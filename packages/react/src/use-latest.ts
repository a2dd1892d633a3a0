import type { ReduceOptions, TopicStart } from "@tidings/client/store";
import { useTopic } from "./use-topic.ts";

/** Where {@link useLatest} begins. */
export type LatestOptions<Data> = Omit<TopicStart<Data>, "last">;

/**
 * The newest data of a topic: what a hub holds of it at first, then each that comes. Undefined until there is some.
 * With `initial` and `lastEventId`, from a server's render, it begins with that.
 */
export function useLatest<Data = unknown>(topic: string | null, options: LatestOptions<Data> = {}): Data | undefined {
  return useTopic(topic, { last: 1, ...options, reduce: (_, { data }) => data } as ReduceOptions<
    Data,
    Data | undefined
  >);
}
