import type { StandardSchema } from "@tidings/wire/topics";
import type { ClientError } from "./errors.ts";

/** One event, as a listener gets it. */
export interface StreamEvent<Data = unknown> {
  /** The last event id as of this event: what the stream resumes from. Empty if the server gives none. */
  readonly id: string;
  /** The event's name; `message` if the server gives none. */
  readonly event: string;
  /** The topic, from a Tidings hub; absent from other servers. */
  readonly topic: string | undefined;
  /** JSON if it parses, else the string; always the string with `raw`. */
  readonly data: Data;
}

/** Part of what the reader asked for is no longer held: it must refetch. */
export interface GapEvent {
  readonly reason: "trimmed" | "reset" | "unknown";
  /** The id the stream had. */
  readonly after: string;
  /** The id it goes on from. */
  readonly resumesAt: string;
}

/**
 * Where a stream is:
 *
 * - `connecting`: a request is on its way; `open`: events can come;
 * - `waiting`: cut, and about to try again; `offline`: the browser says there is no network, and trying waits for it;
 * - `closed`: for good, by `close()`, a signal, 204, the end of all topics, or an error that trying again cannot mend.
 */
export type Status = "connecting" | "open" | "waiting" | "offline" | "closed";

/** What `getSnapshot` gives: the same object until something in it changes. */
export interface Snapshot {
  readonly status: Status;
  /** Why the last attempt failed; absent once a stream is open again. */
  readonly error: ClientError | undefined;
  /** The id the stream would resume from. */
  readonly lastEventId: string;
  /** History is through: what comes now is live. Always false with other servers than a Tidings hub. */
  readonly live: boolean;
}

/** What `on` listens to, and what the listener gets. */
export interface StreamEvents<Data = unknown, Event = StreamEvent<Data>> {
  /** Every event of a publication, of any name. */
  event: Event;
  /** A connection opened: once for each. `connection` and `heartbeat` (milliseconds) are known from a Tidings hub. */
  open: { readonly connection: string | undefined; readonly heartbeat: number | undefined };
  gap: GapEvent;
  /** History is through, what follows is live. */
  live: { readonly id: string };
  /** A topic has ended. */
  end: { readonly topic: string };
  /** The server closes, and says why. With `reconnect: false` the stream is closed, else it comes back. */
  bye: { readonly reason: string; readonly reconnect: boolean };
  /** A comment, without its colon. */
  comment: string;
  /** Where the stream is now, after each change. The last one told is `closed`. */
  status: Status;
  /** An attempt failed, data did not validate, events were dropped. The stream may well go on; see `status`. */
  error: ClientError;
  /** Something that works but will hurt, such as a proxy that holds events back. */
  warning: ClientError;
}

/** Told to a `headers` function: what it may want to know before it gives headers. */
export interface Attempt {
  /** 1 for the first request, rising by one with each. */
  readonly number: number;
  /** The status the attempt before was answered with, if it was: 401 asks for a fresh token. */
  readonly lastStatus: number | undefined;
  readonly signal: AbortSignal;
}

/** What happens to events that an iterator has not taken when its queue is full. */
export type Overflow =
  /**
   * The stream is not read on, for all who listen to it, until the iterator has taken some: the server notices, nothing
   * is lost, and a Tidings hub goes on from history. The slowest iterator sets the pace.
   */
  | "pause"
  /** The oldest go, and `error` is told how many (`dropped`). */
  | "drop-oldest";

/** Options of {@link connect}. All but `topics` may be left out. */
export interface ConnectOptions<Data = unknown> {
  /**
   * Topics and patterns, added to the address as `?topic=`. Default: none, for servers that know none. With an empty list
   * nothing is asked for until `setTopics` gives some.
   */
  readonly topics?: readonly string[];
  /** Headers of every attempt; a function is asked anew for each, so that a token is always fresh. */
  readonly headers?: HeadersInit | ((attempt: Attempt) => HeadersInit | Promise<HeadersInit>);
  /** Default `GET`. */
  readonly method?: string;
  /** The body of every attempt; so none that can be read only once. */
  readonly body?: Exclude<BodyInit, ReadableStream>;
  /** Whether a request with another method than GET may be sent again by itself. Default false: it is sent once. */
  readonly idempotent?: boolean;
  /** As `fetch` knows it. Default `same-origin`. */
  readonly credentials?: RequestCredentials;
  /** Resume from here. Wins over what `persist` kept. */
  readonly lastEventId?: string;
  /** Where a reader without an id starts: `earliest`, or an ISO 8601 time. Tidings hubs only. */
  readonly from?: string;
  /** Start with the newest N publications of each topic. Tidings hubs only. */
  readonly last?: number;
  /** Closes the stream. */
  readonly signal?: AbortSignal;
  /** Data as the string it came as. Default false: JSON if it parses, else the string. */
  readonly raw?: boolean;
  /**
   * Data that does not validate is dropped, and `error` is told; what the schema gives out is what listeners get. For a
   * schema of each topic, see {@link TypedConnectOptions}.
   */
  readonly schema?: StandardSchema<unknown, Data>;
  /**
   * Milliseconds without a byte after which a stream is cut and tried again; `auto`: from the heartbeat that a Tidings hub
   * announces, none for other servers; `false`: never. Default `auto`.
   */
  readonly stall?: "auto" | number | false;
  /** The reconnection time until the server names one with `retry:`, in milliseconds. Default 1,000. */
  readonly retry?: number;
  /**
   * What the time between two attempts grows to, in milliseconds. A server that asks for more, by `retry:` or
   * `Retry-After`, is obeyed. Default 30,000.
   */
  readonly maxDelay?: number;
  /**
   * The queue of each iterator. Default 1,000 events, `pause`. It is looked at between two reads, so that with `pause` it may
   * be exceeded by the events of one piece of the network, commonly at most 64 KiB.
   */
  readonly queue?: { readonly limit?: number; readonly overflow?: Overflow };
  /**
   * Keep the last event id in sessionStorage under this name, so that a reload resumes: after the last event that was
   * listened to, and that the slowest iterator has taken.
   */
  readonly persist?: string;
  /** `pause`: close the connection while the page is hidden, and resume when it is seen. Default `keep`. */
  readonly hidden?: "keep" | "pause";
  /** Share one connection with the other tabs of this origin. Needs `identity`. */
  readonly share?: "tabs";
  /** Whose stream it is; tabs share only with the same. The signed-in user, or a constant where there is none. */
  readonly identity?: string;
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * A stream of events that stays open until it is closed, over however many connections. As an iterable it gives every event from
 * the call on; leaving the loop of its last iterator closes it.
 */
export interface EventStream<Data = unknown, Event extends StreamEvent<Data> = StreamEvent<Data>>
  extends AsyncIterable<Event>,
    AsyncDisposable,
    Disposable {
  /** The address, absolute, as it was given: without topics and cursor. */
  readonly url: string;
  readonly status: Status;
  readonly error: ClientError | undefined;
  readonly lastEventId: string;
  readonly topics: readonly string[];
  /** Settles when the stream is closed; rejects with the error that closed it, if one did. Need not be handled. */
  readonly closed: Promise<void>;
  /** Listens. Returns what stops it. */
  on<Type extends keyof StreamEvents>(
    type: Type,
    listener: (event: StreamEvents<Data, Event>[Type]) => void,
  ): () => void;
  /**
   * For `useSyncExternalStore`: called after changes of the snapshot, never from within the call that made them, and once
   * for many in one turn. Returns what stops it.
   */
  subscribe(listener: () => void): () => void;
  /** For `useSyncExternalStore`: the same object until something in it changes. */
  getSnapshot(): Snapshot;
  /**
   * Listens to these topics from now on. Several calls in one turn are one reconnect, and the cursor is kept: nothing of
   * the topics that stay is missed or repeated. Of topics that are new a Tidings hub sends what came after the cursor.
   */
  setTopics(topics: readonly string[]): void;
  /** Cuts the connection, or ends the wait, and connects anew from the cursor. Also with a method that is not repeated. */
  restart(): void;
  /** Closes for good. No event is told after it, and iterators end at once. */
  close(): void;
}
