import type { StandardSchema, Topics } from "@tidings/wire/topics";
import { connect } from "../connect.ts";
import type { ClientError } from "../errors.ts";
import type { Attempt, ConnectOptions, EventStream } from "../types.ts";
import type { Start } from "./member.ts";
import type { Unread } from "./unread.ts";

/** Gives the options as they are now: asked for whenever one is needed, so that who renders anew need not connect anew. */
export type ReadOptions<Options = StoreOptions> = () => Options;

/** What all stores over a stream can be told. */
export interface StoreOptions<Data = unknown> extends Omit<ConnectOptions<Data>, "schema"> {
  /** One for all data, or one for each topic, by `defineTopics`; see {@link ConnectOptions} and `TypedConnectOptions`. */
  readonly schema?: StandardSchema<unknown, Data> | Topics;
  /** Told of everything that goes wrong on the way; of warnings too if it is there when the stream is opened. */
  readonly onError?: ((error: ClientError) => void) | undefined;
}

/** As `JSON.stringify` takes them: of a body that is no string nothing is left. */
const IDENTIFYING = ["url", "topics", "method", "body", "credentials", "identity", "share", "raw"];

/**
 * Connects with options that may be others later: headers and `fetch` are looked up at each attempt, so that a token or a
 * function that is new with every render is the newest at every attempt, and never a reason to reconnect.
 *
 * @param start where to begin; wins over what the options say
 */
export function openStream<Data>(
  url: string | URL,
  read: ReadOptions<StoreOptions<Data>>,
  onEvent: (event: Unread) => void,
  start?: Start,
): EventStream<Data> {
  const { raw, schema } = read();
  const options = {
    ...read(),
    // A schema wants each event parsed, and refuses some.
    raw: raw || !schema,
    headers: (attempt: Attempt) => {
      const { headers } = read();
      return typeof headers === "function" ? headers(attempt) : headers;
    },
    fetch: (...request: Parameters<typeof fetch>) => (read().fetch ?? fetch)(...request),
    ...(typeof start === "string" ? { lastEventId: start } : start && { last: start }),
  };
  const stream = connect(url, options as ConnectOptions<Data>) as EventStream<Data>;
  const tell = (error: ClientError): void => read().onError?.(error);
  stream.on("event", (event) => onEvent(raw || schema ? { ...event, read: event } : event));
  stream.on("error", tell);
  // Whoever listens to warnings has the code loaded that finds them.
  if (read().onError) stream.on("warning", tell);
  return stream;
}

/**
 * The options whose values decide what stream it is, as a string: with another one it is another stream. All others are
 * read when they are needed: where to start and how to wait with the first attempt, headers with each.
 */
export function toIdentity(url: string | URL | null, options: StoreOptions): string {
  return JSON.stringify({ ...options, url }, IDENTIFYING);
}
