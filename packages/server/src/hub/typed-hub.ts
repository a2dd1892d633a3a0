import type {
  DeclaredData,
  DeclaredEvent,
  DeclaredPublication,
  DeclaredTopic,
  EventOption,
  Topics,
} from "@tidings/wire/topics";
import type { Hub, PipeOptions, Published, PublishOptions } from "./types.ts";

/**
 * A hub that knows what its topics carry: what `createHub({ topics })` gives. Wherever a {@link Hub} is wanted it will do, also
 * for topics that are known only at run time: what is published there is checked all the same.
 */
export interface TypedHub<Declared extends Topics> extends Omit<Hub, "publish" | "end" | "publishBatch" | "pipe"> {
  /**
   * Publishes one event, as JSON, strings included. See `Hub.publish`.
   *
   * @throws TidingsError also `not_declared`, and `invalid_data` with the path at fault as `field`, such as `data.total`
   */
  publish<const Topic extends DeclaredTopic<Declared>, const Event extends string = "message">(
    topic: Topic,
    data: DeclaredData<Declared, Topic, Event>,
    ...options: Options<PublishOptions, DeclaredEvent<Declared, Topic>, Event>
  ): Promise<Published>;

  /** Ends a topic without a last event. @throws as `publish` */
  end<const Topic extends DeclaredTopic<Declared>>(
    topic: Topic,
    options?: { readonly idempotencyKey?: string },
  ): Promise<Published>;

  /** Publishes many events, all or none. See `Hub.publishBatch`. @throws as `publish`, with the `index` of the event at fault */
  publishBatch(
    events: readonly (Omit<PublishOptions, "event"> & DeclaredPublication<Declared>)[],
  ): Promise<readonly Published[]>;

  /** Publishes whatever an async iterable gives, in order. See `Hub.pipe`. */
  pipe<const Topic extends DeclaredTopic<Declared>, const Event extends string = "message">(
    topic: Topic,
    source: AsyncIterable<DeclaredData<Declared, Topic, Event>>,
    ...options: Options<PipeOptions, DeclaredEvent<Declared, Topic>, Event>
  ): Promise<void>;
}

/** Options at the end of a call. They may be left out where the event may go without a name. */
type Options<Others, Declared extends string, Event extends string> = "message" extends Declared
  ? [options?: Omit<Others, "event"> & EventOption<Event>]
  : [options: Omit<Others, "event"> & { readonly event: Event }];
