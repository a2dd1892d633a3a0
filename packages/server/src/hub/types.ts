import type { Topics } from "@tidings/wire/topics";
import type { ErrorCode, TidingsError } from "../errors.ts";
import type { Runtime } from "../ports/runtime.ts";
import type { Sink } from "../ports/sink.ts";
import type { Store, TopicSummary } from "../ports/store.ts";
import type { RetentionOptions } from "../retention.ts";

/** Options of `createHub`. */
export interface HubOptions {
  /**
   * What topics carry, by `defineTopics`. Then nothing else may be published, all data go out as JSON, strings included, and
   * `createHub` gives a hub with their types. Default: any topic, any data.
   */
  readonly topics?: Topics;
  /**
   * Whether data are checked against `topics` before they are accepted. A schema that answers later holds up what is
   * published after it, so that the order of calls stays that of the log. Default true; with false it is left to readers.
   */
  readonly validate?: boolean;
  /** Where the log lives. Default: a new memory store. */
  readonly store?: Store;
  /** How much history is kept. Default: 7 days, the store's own counts and bytes. */
  readonly retention?: RetentionOptions;
  /** Milliseconds without a byte after which a connection gets a heartbeat. Default 15,000. */
  readonly heartbeat?: number;
  /**
   * The reconnection time told to readers, in milliseconds: each gets its own, between half of this and one and a half.
   * Default 2,000.
   */
  readonly retry?: number;
  /** What to do with a reader that does not keep up. Default `resume`. */
  readonly slowConsumer?: SlowConsumerPolicy;
  readonly limits?: Limits;
  /** Which streams are compressed, for readers that accept gzip. Default `public`. */
  readonly compression?: CompressionPolicy;
  /** Told of every connection that opened. */
  readonly onConnected?: (connection: ConnectionInfo) => void;
  /** Told of every connection that closed, and why. */
  readonly onDisconnected?: (connection: ConnectionInfo, reason: DisconnectReason) => void;
  /** Told of every topic and pattern, as subscribed to, that gets its first reader. */
  readonly onOccupied?: (topic: string) => void;
  /**
   * Told of every topic and pattern that has had no reader for `vacatedAfter`, or has none because the hub is closed: once for
   * each `onOccupied`. A page that reloads is no leave.
   */
  readonly onVacated?: (topic: string) => void;
  /** Milliseconds for which a topic has no reader before `onVacated` is told. Default 5,000. */
  readonly vacatedAfter?: number;
  /** Told of what the hub does, for metrics. */
  readonly observer?: HubObserver;
  /** Told of failures that belong to no call: a store that fails while a reader catches up, a hook that throws. */
  readonly onError?: (error: unknown) => void;
  /** Time, chance and the event loop. For tests. */
  readonly runtime?: Runtime;
}

/**
 * What becomes of a reader whose socket holds more than its bound:
 *
 * - `resume`: nothing is kept for it; it goes on from its position once it has read, out of history, or gets a gap;
 * - `latest`: it goes on with the newest publication of each topic it has missed; what lay between is skipped;
 * - `disconnect`: it is closed, with `tidings:bye` if it still reads.
 */
export type SlowConsumerPolicy = "resume" | "latest" | "disconnect";

/**
 * Which streams are compressed: once for all readers of the same topics, however many they are.
 *
 * - `public`: those that no `authorize` guards;
 * - `all`: guarded ones too. How far text shrinks tells something of it to whoever sees the lengths of encrypted packets and
 *   can publish guesses to the same readers (as in the attack BREACH): not for secrets;
 * - `none`.
 */
export type CompressionPolicy = "public" | "all" | "none";

/** Bounds on what readers and publishers may ask for. */
export interface Limits {
  /** Open connections. Default 50,000. */
  readonly connections?: number;
  /** Open connections of one subject (see {@link Grant} and `subject` of the adapters). Default 1,000. */
  readonly connectionsPerSubject?: number;
  /** Open connections from one address (see `address` of the adapters). Default: as many as there are. */
  readonly connectionsPerAddress?: number;
  /** Topics and patterns of one connection. Default 100. */
  readonly topicsPerConnection?: number;
  /** Bytes of one event's data. Default 1 MiB. */
  readonly eventBytes?: number;
  /** Events of one batch. Default 10,000. */
  readonly batchEvents?: number;
  /** Bytes a socket may hold before its connection is a slow consumer. Default 256 KiB. */
  readonly bufferedBytes?: number;
  /**
   * Bytes that all sockets together may hold. As they come near it, each may hold less, down to nothing: a sixteenth of what
   * is left. Beyond it goes at most what one flush gives to readers whose sockets hold nothing, and one page of history.
   * What many sockets hold of one flush counts for each, though it is in memory once. Default 256 MiB.
   */
  readonly totalBufferedBytes?: number;
  /** Milliseconds without any progress after which a slow consumer is closed. Default 120,000. */
  readonly stall?: number;
}

/** Why a connection closed. */
export type DisconnectReason =
  /** The reader, or the network, went away. */
  | "closed"
  /** All its topics have ended. */
  | "ended"
  /** The hub is closing. */
  | "drain"
  /** `hub.disconnect`, `hub.kick` or `connection.close`. */
  | "kicked"
  /** The grant it was admitted with has ended. */
  | "expired"
  /** The policy `disconnect`. */
  | "slow_consumer"
  /** No progress within the stall time. */
  | "stalled"
  /** `authorize` said no, or failed, when its history was to be replayed. */
  | "unauthorized"
  /** The store failed while it was catching up. */
  | "store_failed";

/** Options of `hub.publish`. */
export interface PublishOptions {
  /** The event's name. Default: none, which every `EventSource` takes as `message`. */
  readonly event?: string;
  /** Publishing again with the same key, topic and content within 24 hours stores nothing and gives the first id. */
  readonly idempotencyKey?: string;
  /** The topic ends with this publication. */
  readonly end?: boolean;
}

/** One event of a batch. */
export interface BatchEvent extends PublishOptions {
  readonly topic: string;
  /** A string goes out as it is, any other value as JSON. */
  readonly data?: unknown;
}

/** What became of a publication. */
export interface Published {
  /** Its id on every stream, opaque. */
  readonly id: string;
  readonly topic: string;
  /** The idempotency key was known, and nothing was stored now. */
  readonly repeated: boolean;
}

/** Options of `hub.pipe`. */
export interface PipeOptions {
  /** The name of every event. */
  readonly event?: string;
  /**
   * End the topic when the source completes normally. Never on an error, an abort or a closing hub, after which
   * somebody may want to go on. Default false.
   */
  readonly end?: boolean;
  /** Stops piping and closes the source; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A wish to listen, as an adapter reads it from a request. */
export interface ConnectRequest {
  /** Topics and patterns. */
  readonly topics: readonly string[];
  /** The `Last-Event-ID` header, else `?lastEventId=`. Wins over `from` and `last`. */
  readonly lastEventId?: string;
  /** `earliest`, or an ISO 8601 time: where a reader without a last event id starts. */
  readonly from?: string;
  /** Start with the newest N publications of each topic. */
  readonly last?: string;
  /** `event` for heartbeats that `EventSource` can see, as `tidings:heartbeat`. */
  readonly heartbeat?: string;
  /** The `Accept` header. */
  readonly accept?: string;
  /** The `Accept-Encoding` header, if the transport sends bytes on as they are. Default: no compression. */
  readonly acceptEncoding?: string;
  /** Whom the connection belongs to, unless its grant says it. Counts toward `limits.connectionsPerSubject`. */
  readonly subject?: string;
  /** Where it comes from. Counts toward `limits.connectionsPerAddress`. */
  readonly address?: string;
  /** Asked before the first byte, and again before history is replayed to a connection that fell behind. */
  readonly authorize?: (subscribed: { topics: readonly string[] }) => boolean | Grant | Promise<boolean | Grant>;
  /** Called when the connection is open: the place for a greeting. */
  readonly onConnect?: (connection: Connection) => void;
}

/** What `authorize` may answer instead of true. */
export interface Grant {
  /**
   * Whom the connection belongs to; wins over `subject` of the request. A connection keeps the one it came with: another at
   * a later replay closes it, as a no does.
   */
  readonly subject?: string;
  /**
   * When the grant ends, in milliseconds since 1970: nothing of the log is sent after that. The connection is closed with
   * `tidings:bye`, reason `expired`, and may come back with a new grant. The answer before a later replay replaces this one.
   * Default: never.
   */
  readonly expires?: number;
}

/** An open connection, as `onConnect` gets it. */
export interface Connection extends ConnectionInfo {
  /**
   * Sends an event to this connection alone, without an id and outside history: a greeting, a snapshot. False if it
   * was not sent, because the connection is closed or its socket holds more than its bound.
   *
   * @throws TidingsError `invalid_event_name`, `reserved_event_name`, `invalid_data`, `event_too_large`
   */
  send(data: unknown, options?: { readonly event?: string }): boolean;
  /** Says `tidings:bye` and closes. `reconnect` tells our client whether to come back. Default true. */
  close(options?: { readonly reconnect?: boolean }): void;
}

/** A connection as hooks and `hub.connections()` see it. */
export interface ConnectionInfo {
  readonly id: string;
  /** Topics and patterns, in order. */
  readonly topics: readonly string[];
  readonly subject: string | undefined;
  readonly address: string | undefined;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly state: "catching-up" | "live" | "closing" | "closed";
  /** The last position flushed to it, or scanned for it. */
  readonly position: string;
  /** Publications of the log, of all topics, between its position and the last flush: 0 when it is live. */
  readonly lag: number;
  /** Bytes its transport has not taken yet. */
  readonly buffered: number;
  /** `http/1.1`, `http/2`, or `fetch` where the server in front is not ours. */
  readonly transport: string;
}

/** Who listens to a topic. */
export interface Presence {
  readonly topic: string;
  /** Connections whose topics or patterns match it, also those that are still catching up. */
  readonly connections: number;
  /** Those of them that belong to nobody known. */
  readonly anonymous: number;
  /** To whom the others belong, each once, with the time since which the oldest of theirs is open; oldest first. */
  readonly subjects: readonly { readonly subject: string; readonly connections: number; readonly since: number }[];
  /** There are more subjects than were asked for. */
  readonly truncated: boolean;
}

/** What `hub.kick` has done. */
export interface Kicked {
  /** Connections it closed. */
  readonly connections: number;
  /** Until when the subject stays out, in milliseconds since 1970. */
  readonly until: number;
}

/**
 * Told of what a hub does, as it does it, for metrics: once for each audience, page or call, never for each connection that
 * gets an event. May not throw.
 */
export interface HubObserver {
  /**
   * An audience was flushed: to so many connections, so many `bytes` of text each, for which so many bytes were `written`
   * to all of them together, compressed where the stream is.
   */
  flushed?(flush: {
    readonly events: number;
    readonly connections: number;
    readonly bytes: number;
    readonly written: number;
  }): void;
  /** The store has taken a publication or a batch, and how long that took. */
  appended?(append: { readonly events: number; readonly milliseconds: number }): void;
  /** The store has refused one. */
  appendFailed?(error: unknown): void;
  /** A page was made for readers that catch up, out of the store or out of memory. */
  paged?(page: { readonly source: "store" | "tail"; readonly events: number }): void;
  /** A reader was told of a gap. */
  gapTold?(reason: Gap["reason"]): void;
}

/** The answer to a {@link ConnectRequest}: a stream to open, or a complete response. */
export type Admission = Stream | Refusal;

/** Admitted: send status 200 and `headers` together with the first bytes that `open` writes. */
export interface Stream {
  readonly kind: "stream";
  readonly status: 200;
  readonly headers: Readonly<Record<string, string>>;
  /** Starts the stream into `sink`. To be called once, at once. */
  open(sink: Sink): StreamHandle;
}

/** What an adapter tells the engine about a transport. */
export interface StreamHandle {
  /** `sink.buffered` has come down to 0. */
  drained(): void;
  /** The transport is gone. */
  closed(): void;
}

/** Not admitted (or nothing to say, 204): a complete response. */
export interface Refusal {
  readonly kind: "refusal";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Absent for 204. */
  readonly error?: TidingsError;
}

/** Options of `hub.history`. */
export interface HistoryOptions {
  /** Only what comes after this id. Default: from the oldest held. */
  readonly after?: string;
  /** At most this many, up to 1,000. Default 100. */
  readonly limit?: number;
  /** The newest this many, up to 1,000, instead of the oldest. Not with `after`. */
  readonly last?: number;
  /** Only what comes before this id: the `previous` of a page. With `last`, which is 100 without it. */
  readonly before?: string;
}

/** A piece of a topic's history. */
export interface History {
  readonly events: readonly HistoryEvent[];
  /** The id to read on after, or to listen from. */
  readonly next: string;
  /** Nothing follows for now. */
  readonly upToDate: boolean;
  /** The id to read `before`, for what is older. Absent if nothing older is held, and unless `last` or `before` was asked for. */
  readonly previous?: string;
  /** Part of what was asked for is no longer held. */
  readonly gap?: Gap;
}

/** One event of history. */
export interface HistoryEvent {
  readonly id: string;
  readonly topic: string;
  readonly event?: string;
  /** As it was published. Absent where the publication only ends the topic. */
  readonly data?: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly end?: true;
}

/** Part of what was asked for is no longer held. */
export interface Gap {
  /** `trimmed`: no longer kept; `reset`: the id is of another log; `unknown`: the id is none of ours. */
  readonly reason: "trimmed" | "reset" | "unknown";
  /** The id asked for. */
  readonly after: string;
  /** The id from which on nothing is missing. */
  readonly resumesAt: string;
}

/** A topic in `hub.topics()`. */
export interface TopicInfo extends Omit<TopicSummary, "first" | "last"> {
  /** Id of the oldest publication held; absent if none is. */
  readonly firstId?: string;
  /** Id of the newest publication held; absent if none is. */
  readonly lastId?: string;
}

/** Counts for people and metrics. */
export interface HubStatus {
  readonly state: "opening" | "open" | "closing" | "closed" | "failed";
  readonly store: string;
  /** Open connections: those catching up, live and closing. */
  readonly connections: number;
  readonly catchingUp: number;
  readonly live: number;
  readonly closing: number;
  /** Bytes that all sockets hold, as last looked at. */
  readonly buffered: number;
  /** Publications of the log by which the furthest connection is behind the last flush. */
  readonly lag: number;
  /** Publications accepted since the start. */
  readonly publications: number;
  /** The error that keeps the hub from being ready. */
  readonly error?: { readonly code: ErrorCode; readonly message: string };
}

/** The engine: takes publications, keeps history, and streams to everyone who listens. */
export interface Hub extends AsyncDisposable {
  /** Settles when the store is open; rejects with what keeps it from opening. */
  readonly ready: Promise<void>;

  /**
   * Publishes one event. A string goes out as it is, any other value as JSON. Settles when the store has it as safe as
   * it promises; by then it is on its way to everyone who listens.
   *
   * @throws TidingsError `invalid_topic`, `pattern_not_allowed`, `reserved_topic`, `invalid_event_name`, `reserved_event_name`,
   *   `invalid_data`, `event_too_large`, `invalid_idempotency_key`, `idempotency_conflict`, `topic_ended`,
   *   `hub_closed`, `store_failed` and its kin
   */
  publish(topic: string, data: unknown, options?: PublishOptions): Promise<Published>;

  /** Ends a topic without a last event. @throws as `publish` */
  end(topic: string, options?: { readonly idempotencyKey?: string }): Promise<Published>;

  /**
   * Publishes many events, all or none, in order and with nothing between them.
   *
   * @throws TidingsError as `publish`, with the `index` of the event at fault; `invalid_batch` for too many
   */
  publishBatch(events: readonly BatchEvent[]): Promise<readonly Published[]>;

  /**
   * Publishes whatever an async iterable gives, in order, waiting for each: a job, LLM tokens, a ticker, a change stream.
   * Rejects with the source's error, and ends nothing then.
   */
  pipe(topic: string, source: AsyncIterable<unknown>, options?: PipeOptions): Promise<void>;

  /** Reads a topic's history. @throws TidingsError `invalid_topic`, `invalid_parameter`, `store_failed` and its kin */
  history(topic: string, options?: HistoryOptions): Promise<History>;

  /** Topics that hold something or have ended, in order of name, at most `limit` (default 1,000) after `after`. */
  topics(options?: { readonly limit?: number; readonly after?: string }): Promise<readonly TopicInfo[]>;

  /** Forgets a topic: history, keys and end. Readers behind it get a gap. Settles with false if there was nothing. */
  deleteTopic(topic: string): Promise<boolean>;

  /** Decides on a wish to listen. For adapters; never rejects. */
  connect(request: ConnectRequest): Promise<Admission>;

  /** Tells the application, through `onError`, of a failure in something it gave an adapter. For adapters. */
  report(error: unknown): void;

  /**
   * Open connections, oldest first, at most `limit` (default 1,000): all, or those of a subject, or those whose topics or
   * patterns match a topic.
   *
   * @throws TidingsError `invalid_topic`, `pattern_not_allowed`
   */
  connections(options?: {
    readonly limit?: number;
    readonly topic?: string;
    readonly subject?: string;
  }): readonly ConnectionInfo[];

  /**
   * Who listens to a topic, with at most `limit` (default 1,000) subjects. Costs one look at each connection.
   *
   * @throws TidingsError `invalid_topic`, `pattern_not_allowed`, `invalid_parameter`
   */
  presence(topic: string, options?: { readonly limit?: number }): Presence;

  /**
   * How many connections listen to a topic, by itself or by a pattern. Costs one look at each different subscription that
   * matches it, however many connections there are.
   *
   * @throws TidingsError `invalid_topic`, `pattern_not_allowed`
   */
  readers(topic: string): number;

  /** Closes a connection with `tidings:bye`. False if there is none with this id. */
  disconnect(id: string, options?: { readonly reconnect?: boolean }): boolean;

  /**
   * Closes all connections of a subject at once, those on their way in included, with `tidings:bye` and `reconnect: false`, and
   * keeps it out with 403 `subject_barred`: for `for` milliseconds, else until the last of its grants has ended that the hub
   * has seen: of its connections, those that have gone included, and those given to `assertNotBarred`. One that is open and does not say
   * when it ends is taken to last an hour more, as is one of which none has been seen.
   *
   * At most 10,000 subjects are kept out; one more, and the one barred first comes in again, which `onError` is told. The grants
   * of as many subjects that have gone are remembered, in memory. Who is kept out is remembered by the store: with `sqlite` it
   * stays out when the hub starts anew, with `memory` it does not.
   *
   * @throws TidingsError `invalid_parameter`, `hub_not_ready`, `hub_closed`
   */
  kick(subject: string, options?: { readonly for?: number }): Kicked;

  /**
   * Lets pass whoever is not kept out by a kick: for calls that do not go through `connect`, such as publishing. The grant that
   * was shown counts for a kick that comes later, like that of a connection.
   *
   * @throws TidingsError `subject_barred`
   */
  assertNotBarred(grant: Grant): void;

  /** Whether a subject stays out after a kick. */
  isBarred(subject: string): boolean;

  /** Counts for people and metrics. */
  status(): HubStatus;

  /** Settles if publications can be accepted now. @throws TidingsError what keeps them from it */
  check(): Promise<void>;

  /**
   * Says `tidings:bye` to every reader, each with a `retry:` of its own within the drain time, waits for what was written
   * to go out, at most `drain` milliseconds (default 3,000), and closes the store.
   */
  close(options?: { readonly drain?: number }): Promise<void>;
}
