import type { ParsedEvent } from "@tidings/wire";
import type { Environment } from "./environment.ts";
import type { ClientError } from "./errors.ts";
import type { ConnectOptions, Status, StreamEvents } from "./types.ts";

/** What the parts of one stream share, and what it remembers from one connection to the next. */
export interface Core {
  readonly environment: Environment;
  readonly options: ConnectOptions<never>;
  readonly base: URL;
  /** Aborted when the stream is closed: whatever is held for it is let go of then. */
  readonly life: AbortSignal;
  /** Those of now. */
  topics: readonly string[] | undefined;
  lastEventId: string;
  /** The reconnection time that the server named, in milliseconds. */
  retry?: number | undefined;
  /** The heartbeat that a Tidings hub announced, in milliseconds. */
  heartbeat?: number;
  /** The status that the last request was answered with, if it was. */
  status?: number | undefined;
  /** History is through. */
  live: boolean;
  /** Whether an event has come on this connection. */
  isFruitful?: boolean;
  farewell?: Farewell | undefined;
  /** Those of the topics that have ended. */
  readonly ended: Set<string>;
  readonly decode: Decode;
  /** Sees all that comes, as it came, when it has been dealt with. */
  readonly look: ((item: ParsedEvent) => void) | undefined;
  /** Tells those who listen. */
  tell<Type extends keyof StreamEvents>(type: Type, event: StreamEvents[Type]): void;
  /** Where the stream is now; without a status, that something has changed. With the error for which, if there is one. */
  change(status?: Status, error?: ClientError): void;
  /** What came has been delivered. Settles when more may be read. */
  onRead(): Promise<void> | undefined;
  /** Of the request that was the last to go out: aborted when it is over. */
  signal?: AbortSignal;
  /** Told when a request goes out, of its answer, and of each piece of that. */
  observe?: (what?: Response | Uint8Array) => void;
}

/** How a server took its leave, if that was the last that came: a topic ended, it comes back, or nobody is to come back. */
export type Farewell = "end" | "bye" | "leave";

/** What data is made of: a value, or the error for which it is dropped. */
export type Decode = (
  text: string,
  event: Pick<ParsedEvent, "topic" | "event">,
) => unknown | ClientError | Promise<unknown | ClientError>;

/**
 * Takes one thing that came after the other, the next when it is through with the last: an event; a comment, as an event without
 * a name; an id alone, as a `tidings:heartbeat`. Nothing at all: the connection is open, whatever it may say.
 */
export type Deliver = (item?: ParsedEvent) => void | Promise<void>;

/** Told to a `headers` function, beside the signal. */
export interface About {
  readonly number: number;
  readonly lastStatus: number | undefined;
}

/**
 * Makes one attempt, until the server has closed it in order: for good (true), or not.
 *
 * @param controller ends it, in whatever it is doing; to be aborted too when it has ended, so that it lets go of everything
 * @throws what the controller was aborted with, {@link ClientError} `headers_failed`, `http_status`, `content_type`, or what the
 *   network, the parser or a program threw: `toError` makes a {@link ClientError} of it
 */
export type MakeAttempt = (core: Core, about: About, deliver: Deliver, controller: AbortController) => Promise<boolean>;
