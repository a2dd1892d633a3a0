import type { EventOf, Subscribable, Topics } from "@tidings/client";
import type { TopicStart } from "@tidings/client/store";
import { useEventEffect } from "./use-event-effect.ts";
import { type LatestOptions, useLatest } from "./use-latest.ts";
import { useTopic } from "./use-topic.ts";

/** A declared topic, or a pattern that something declared can match; null listens to nothing. */
type Wanted<Declared extends Topics, Name extends string> = (Name & Subscribable<Declared, Name>) | null;

/** Options of a typed {@link useTopic} for a list. */
export interface TypedTopicOptions<Event> extends TopicStart<readonly Event[]> {
  /** The events that the list holds at most; the oldest go. Default 100. */
  readonly limit?: number | undefined;
  readonly reduce?: undefined;
}

/** Options of a typed {@link useTopic} for a state of one's own making. */
export interface TypedReduceOptions<Event, State> extends TopicStart<State> {
  readonly initial: State;
  /** The state after an event; must not change the one it gets. An event for which it throws is left out. */
  readonly reduce: (state: State, event: Event) => State;
}

/** The hooks of topics, for topics that are declared. What they do is what those without types do. */
export interface TypedHooks<Declared extends Topics> {
  useTopic<const Name extends string>(
    topic: Wanted<Declared, Name>,
    options?: TypedTopicOptions<EventOf<Declared, Name>>,
  ): readonly EventOf<Declared, Name>[];
  useTopic<const Name extends string, State>(
    topic: Wanted<Declared, Name>,
    options: TypedReduceOptions<EventOf<Declared, Name>, State>,
  ): State;
  useLatest<const Name extends string>(
    topic: Wanted<Declared, Name>,
    options?: LatestOptions<EventOf<Declared, Name>["data"]>,
  ): EventOf<Declared, Name>["data"] | undefined;
  useEventEffect<const Name extends string>(
    topic: Wanted<Declared, Name>,
    handler: (event: EventOf<Declared, Name>) => void,
  ): void;
}

/**
 * {@link useTopic}, {@link useLatest} and {@link useEventEffect} with the types of a declaration. Once, beside it:
 *
 * ```ts
 * export const { useTopic, useLatest, useEventEffect } = typedHooks<typeof topics>();
 * ```
 *
 * The types alone check nothing; `<TidingsProvider schema={topics}>` does, and gives what the schemas give out. Without it,
 * give them `TypesOf<typeof topics>`: data as it was published.
 */
export function typedHooks<Declared extends Topics>(): TypedHooks<Declared> {
  return { useTopic, useLatest, useEventEffect } as unknown as TypedHooks<Declared>;
}
