import type { ClientError } from "./errors.ts";
import type { StandardSchema } from "./standard-schema.ts";

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
export interface StreamEvents<Data = unknown> {
  /** Every event of a publication, of any name. */
  event: StreamEvent<Data>;
  /** A stream opened. `connection` and `heartbeat` (milliseconds) from a Tidings hub. */
  open: { readonly connection: string | undefined; readonly heartbeat: number | undefined };
  gap: GapEvent;
  /** History is through, what follows is live. */
  live: { readonly id: string };
  /** A topic has ended. */
  end: { readonly topic: string };
  /** The server closes, and says why. */
  bye: { readonly reason: string; readonly reconnect: boolean };
  comment: string;
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
  /** The stream pauses, so that the server notices: nothing is lost, and a Tidings hub goes on from history. */
  | "pause"
  /** The oldest go, and `error` is told how many. */
  | "drop-oldest";

/** Options of {@link connect}. All but `topics` may be left out. */
export interface ConnectOptions<Data = unknown> {
  /** Topics and patterns, added to the address as `?topic=`. Default: none, for servers that know none. */
  readonly topics?: readonly string[];
  /** Headers of every attempt; a function is asked anew for each, so that a token is always fresh. */
  readonly headers?: HeadersInit | ((attempt: Attempt) => HeadersInit | Promise<HeadersInit>);
  /** Default `GET`. */
  readonly method?: string;
  /** The body of every attempt. */
  readonly body?: BodyInit;
  /** Whether a request with another method than GET may be sent again after a cut. Default false: it is sent once. */
  readonly idempotent?: boolean;
  /** As `fetch` knows it. Default `same-origin`. */
  readonly credentials?: RequestCredentials;
  /** Resume from here. */
  readonly lastEventId?: string;
  /** Where a reader without an id starts: `earliest`, or an ISO 8601 time. Tidings hubs only. */
  readonly from?: string;
  /** Start with the newest N publications of each topic. Tidings hubs only. */
  readonly last?: number;
  /** Closes the stream. */
  readonly signal?: AbortSignal;
  /** Data as the string it came as. Default false: JSON if it parses, else the string. */
  readonly raw?: boolean;
  /** Data that does not validate is dropped, and `error` is told; what the schema gives out is what listeners get. */
  readonly schema?: StandardSchema<unknown, Data>;
  /**
   * Milliseconds without a byte after which a stream is cut and tried again; `auto`: from the heartbeat that a Tidings hub
   * announces, none for other servers; `false`: never. Default `auto`.
   */
  readonly stall?: "auto" | number | false;
  /** The longest time between two attempts, in milliseconds. Default 30,000. */
  readonly maxDelay?: number;
  /** The queue of each iterator. Default 1,000 events, `pause`. */
  readonly queue?: { readonly limit?: number; readonly overflow?: Overflow };
  /** Keep the last event id in sessionStorage under this name, so that a reload resumes. */
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

/** A stream of events that stays open until it is closed, over however many connections. */
export interface EventStream<Data = unknown> extends AsyncIterable<StreamEvent<Data>>, AsyncDisposable, Disposable {
  readonly url: string;
  readonly status: Status;
  readonly error: ClientError | undefined;
  readonly lastEventId: string;
  readonly topics: readonly string[];
  /** Settles when the stream is closed; rejects with the error that closed it, if one did. */
  readonly closed: Promise<void>;
  /** Listens. Returns what stops it. */
  on<Type extends keyof StreamEvents<Data>>(
    type: Type,
    listener: (event: StreamEvents<Data>[Type]) => void,
  ): () => void;
  /** For `useSyncExternalStore`: called after each change of the snapshot. Returns what stops it. */
  subscribe(listener: () => void): () => void;
  /** For `useSyncExternalStore`: the same object until something in it changes. */
  getSnapshot(): Snapshot;
  /**
   * Listens to these topics from now on. Several calls in one turn are one reconnect, and the cursor is kept: nothing of
   * the topics that stay is missed or repeated.
   */
  setTopics(topics: readonly string[]): void;
  /** Cuts the connection and connects anew from the cursor. */
  restart(): void;
  close(): void;
}
