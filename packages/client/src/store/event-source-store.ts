import { connect } from "../connect.ts";
import type { ClientError } from "../errors.ts";
import { callSafely } from "../listeners.ts";
import type { ConnectOptions, EventStream, Status, StreamEvent } from "../types.ts";
import { createListFold } from "./fold.ts";
import { type ReadOptions, toLatest } from "./latest-options.ts";
import { createStore, type Store } from "./store.ts";

/** Options of {@link createEventSourceStore}: those of `connect`, and what is kept. */
export interface EventSourceOptions<Data = unknown> extends Omit<ConnectOptions<Data>, "signal"> {
  /** The events that are kept at most; the oldest go. Default 100. */
  readonly limit?: number | undefined;
  /** Told of every event at once, where a snapshot has those of a frame together. */
  readonly onEvent?: ((event: StreamEvent<Data>) => void) | undefined;
  /** Told of everything that goes wrong on the way, warnings too. */
  readonly onError?: ((error: ClientError) => void) | undefined;
}

/** What is known of a stream. */
export interface EventSourceState<Data = unknown> {
  /** The data of the last event. */
  readonly data: Data | undefined;
  readonly lastEvent: StreamEvent<Data> | undefined;
  /** The newest events, oldest first. */
  readonly events: readonly StreamEvent<Data>[];
  readonly status: Status;
  /** Why the last attempt failed; absent once a stream is open again. */
  readonly error: ClientError | undefined;
}

/** A stream of one endpoint, connected while somebody subscribes. */
export interface EventSourceStore<Data = unknown> extends Store<EventSourceState<Data>> {
  /** Connects anew, also where the stream was closed. */
  restart(): void;
  /** Closes for good; only `restart` opens it again. */
  close(): void;
}

/**
 * A store over `connect`, for any endpoint. `null` as address connects to nothing, and is `closed`.
 *
 * @param read the options, asked for whenever one is needed
 */
export function createEventSourceStore<Data>(
  url: string | URL | null,
  read: ReadOptions<EventSourceOptions<Data>> = () => ({}),
): EventSourceStore<Data> {
  const fold = createListFold<Data>([], () => read().limit);
  let stream: EventStream<Data> | undefined;
  let isClosed = url === null;

  const store = createStore<EventSourceState<Data>>(
    () => {
      const events = fold.read();
      const lastEvent = events.at(-1);
      const { status, error } = stream?.getSnapshot() ?? {
        status: isClosed ? "closed" : "connecting",
        error: undefined,
      };
      return { data: lastEvent?.data, lastEvent, events, status, error };
    },
    () => {
      if (!isClosed) open();
      return pause;
    },
  );

  function open(): void {
    if (url === null) return;
    const lastEventId = stream?.lastEventId;
    stream = connect(String(url), { ...toLatest(read), ...(lastEventId && { lastEventId }) });
    stream.on("event", (event) => {
      fold.add(event);
      store.changed();
      const { onEvent } = read();
      if (onEvent) callSafely(onEvent, event);
    });
    stream.on("error", tell);
    stream.on("warning", tell);
    stream.subscribe(store.changed);
  }

  /** Nobody looks any more. What has ended by itself, or must not be sent again, is not opened again when somebody does. */
  function pause(): void {
    const { method = "GET", idempotent = false } = read();
    isClosed ||= stream?.status === "closed" || (method !== "GET" && !idempotent);
    stream?.close();
  }

  function tell(error: ClientError): void {
    read().onError?.(error);
  }

  return {
    ...store,
    restart() {
      isClosed = false;
      if (stream === undefined || stream.status === "closed") open();
      else stream.restart();
    },
    close() {
      isClosed = true;
      stream?.close();
      store.changed();
    },
  };
}
