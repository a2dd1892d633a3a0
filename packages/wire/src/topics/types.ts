import type { Decisive, IsTopic, Overlaps, TopicName } from "./matching.ts";
import type { InputOf, OutputOf, StandardSchema } from "./standard-schema.ts";

/** The data of a topic's events by event name; `message` is the name of those that are published without one. */
export type EventSchemas = { readonly [event: string]: StandardSchema };

/** What is declared: for a topic or pattern, one schema for all its events, or one for each event name. */
export type TopicSchemas = { readonly [name: string]: StandardSchema | EventSchemas };

/** A declaration of topics, made by `defineTopics` or `typesOf`. */
export interface Topics<Schemas extends TopicSchemas = TopicSchemas> {
  /**
   * The schema for the data of an event, of the topic itself or else of the most specific pattern that matches it. Why
   * there is none: `topic`, nothing is declared for it; `event`, its events are declared one by one, and not this one.
   */
  find(topic: string, event?: string): StandardSchema | "topic" | "event";
  /** For types alone; never there. */
  readonly types?: Schemas | undefined;
}

/** What a declaration declares. */
export type SchemasOf<Declared extends Topics> = NonNullable<Declared["types"]>;

type NameOf<Declared extends Topics> = keyof SchemasOf<Declared> & string;

/** A topic that may be published to, as far as a type can say: `orders/${string}` for a pattern `orders/*`. */
export type DeclaredTopic<Declared extends Topics> = TopicName<NameOf<Declared>>;

/** What is declared for a topic: never, if nothing is. */
type EntryOf<Declared extends Topics, Topic extends string> = SchemasOf<Declared>[Decisive<Topic, NameOf<Declared>>];

/** The names that events of a topic may have. */
export type DeclaredEvent<Declared extends Topics, Topic extends string> = EventNameOf<EntryOf<Declared, Topic>>;

type EventNameOf<Entry> = Entry extends StandardSchema ? string : keyof Entry & string;

/** The data that may be published to a topic with an event name: what its schema takes. */
export type DeclaredData<Declared extends Topics, Topic extends string, Event extends string = "message"> =
  EntryOf<Declared, Topic> extends infer Entry
    ? Entry extends StandardSchema
      ? InputOf<Entry>
      : Event extends keyof Entry
        ? Entry[Event] extends StandardSchema
          ? InputOf<Entry[Event]>
          : never
        : never
    : never;

/** Events as they may be published, each topic with its event names and data. Where patterns overlap, the run time decides. */
export type DeclaredPublication<Declared extends Topics> = {
  [Name in NameOf<Declared>]: PublicationOf<TopicName<Name>, SchemasOf<Declared>[Name]>;
}[NameOf<Declared>];

type PublicationOf<Topic extends string, Entry> = Entry extends StandardSchema
  ? { readonly topic: Topic; readonly data: InputOf<Entry>; readonly event?: string }
  : {
      [Event in keyof Entry & string]: Entry[Event] extends StandardSchema
        ? { readonly topic: Topic; readonly data: InputOf<Entry[Event]> } & EventOption<Event>
        : never;
    }[keyof Entry & string];

/** The option `event`: only `message` goes without saying. */
export type EventOption<Event extends string> = "message" extends Event
  ? { readonly event?: Event }
  : { readonly event: Event };

/** A topic or pattern that a reader may ask for: never, if nothing that is declared can come of it. */
export type Subscribable<Declared extends Topics, Name extends string> = Name extends string
  ? [NamesFor<Declared, Name>] extends [never]
    ? never
    : Name
  : never;

/** The declared names that may decide for topics of a subscribed name. */
type NamesFor<Declared extends Topics, Name extends string> =
  IsTopic<Name> extends true
    ? Decisive<Name, NameOf<Declared>>
    : { [Each in NameOf<Declared>]: Overlaps<Each, Name> extends true ? Each : never }[NameOf<Declared>];

/**
 * The events that come of subscribed topics and patterns (default: of all that is declared), as a union that `event` and
 * `topic` tell apart. Data are what the schemas give out.
 */
export type EventOf<Declared extends Topics, Name extends string = string> = Name extends string
  ? string extends Name
    ? EventsOfNames<Declared, NameOf<Declared>, string>
    : EventsOfNames<Declared, NamesFor<Declared, Name>, Name>
  : never;

type EventsOfNames<Declared extends Topics, Names extends string, Name extends string> = Names extends string
  ? EventsOfEntry<Narrower<TopicName<Names>, TopicName<Name>>, SchemasOf<Declared>[Names]>
  : never;

type Narrower<A extends string, B extends string> = A extends B ? A : B extends A ? B : A & B;

type EventsOfEntry<Topic extends string, Entry> = Entry extends StandardSchema
  ? ReceivedEvent<Topic, string, OutputOf<Entry>>
  : {
      [Event in keyof Entry & string]: Entry[Event] extends StandardSchema
        ? ReceivedEvent<Topic, Event, OutputOf<Entry[Event]>>
        : never;
    }[keyof Entry & string];

/** An event as a reader gets it. */
export interface ReceivedEvent<Topic extends string, Event extends string, Data> {
  /** The last event id as of this event. */
  readonly id: string;
  readonly event: Event;
  readonly topic: Topic;
  readonly data: Data;
}

/** Those of a union of events that are of a topic, or of topics that a pattern matches. */
export type OfTopic<Event extends AnyEvent, Name extends string> =
  IsTopic<Name> extends true
    ? [Extract<Event, { readonly topic: Name }>] extends [never]
      ? Overlapping<Event, Name>
      : Extract<Event, { readonly topic: Name }>
    : Overlapping<Event, Name>;

type AnyEvent = { readonly topic: string | undefined };

type Overlapping<Event extends AnyEvent, Name extends string> = Event extends { readonly topic: TopicName<Name> }
  ? Event
  : Overlaps<Name, NameFor<NonNullable<Event["topic"]>>> extends true
    ? Event & { readonly topic: TopicName<Name> }
    : never;

/** The widest name whose topics have this type. */
type NameFor<Topic extends string> = Topic extends `${infer Level}/${infer Rest}`
  ? `${string extends Level ? "*" : Level}/${NameFor<Rest>}`
  : string extends Topic
    ? "**"
    : Topic;
