import type { EventOf, Subscribable, Topics } from "@tidings/wire/topics";
import type { ConnectOptions, EventStream } from "./types.ts";

/** Options of `connect` where topics are declared by `defineTopics`. */
export interface TypedConnectOptions<Declared extends Topics, Name extends string>
  extends Omit<ConnectOptions, "topics" | "schema" | "raw"> {
  /** As in {@link ConnectOptions}; each must be declared, or a pattern that something declared can match. */
  readonly topics?: readonly (Name & Subscribable<Declared, Name>)[];
  /**
   * What topics carry. Data that is not as declared is dropped, also that of a topic or event that is not declared, and
   * `error` is told; what the schemas give out is what listeners get. With `typesOf` nothing is checked.
   */
  readonly schema: Declared;
}

/** A stream of events that `topic` and `event` tell apart, each with its own data. */
export interface TypedEventStream<Declared extends Topics, Name extends string = string>
  extends EventStream<EventOf<Declared, Name>["data"], EventOf<Declared, Name>> {
  setTopics(topics: readonly Name[]): void;
}
