import type { EventStream, GapEvent, Snapshot, StreamEvent } from "../types.ts";
import { createFold } from "./fold.ts";
import { LINGER } from "./member.ts";
import { openStream, type ReadOptions, type StoreOptions } from "./open-stream.ts";
import { createStore, type Store } from "./store.ts";
import { readEvent } from "./unread.ts";

/** Options of {@link createEventSourceStore}: those of `connect`, and what is kept. */
export interface EventSourceOptions<Data = unknown> extends Omit<StoreOptions<Data>, "signal"> {
  /** The events that are kept at most; the oldest go. Default 100. */
  readonly limit?: number | undefined;
  /** Told of every event at once, where a snapshot has those of a frame together. */
  readonly onEvent?: ((event: StreamEvent<Data>) => void) | undefined;
  /** Told of a gap, between the events where it is. Tidings hubs only. */
  readonly onGap?: ((gap: GapEvent) => void) | undefined;
  /** Told of a topic that has ended. Tidings hubs only. */
  readonly onEnd?: ((end: { readonly topic: string }) => void) | undefined;
}

/** What is known of a stream. */
export interface EventSourceState<Data = unknown> extends Snapshot {
  /** The data of the last event. */
  readonly data: Data | undefined;
  readonly lastEvent: StreamEvent<Data> | undefined;
  /** The newest events, oldest first. */
  readonly events: readonly StreamEvent<Data>[];
  /**
   * Connects anew, also where the stream was closed; when somebody looks, if nobody does. Always the same function.
   */
  readonly restart: () => void;
  /** Closes for good; only `restart` opens it again. Always the same function. */
  readonly close: () => void;
}

/**
 * A store over `connect`, for any endpoint: connected while somebody subscribes. `null` as address connects to nothing, and is `closed`.
 *
 * @param read the options, asked for whenever one is needed
 */
export function createEventSourceStore<Data>(
  url: string | URL | null,
  read: ReadOptions<EventSourceOptions<Data>> = () => ({}),
): Store<EventSourceState<Data>> {
  const fold = createFold<readonly StreamEvent<Data>[]>([], read);
  let stream: EventStream<Data> | undefined;
  /** To be opened when somebody looks. */
  let isDue = url !== null;
  let isSeen = false;
  let lingering: ReturnType<typeof setTimeout> | undefined;

  const store = createStore<EventSourceState<Data>>(
    () => {
      const events = fold.read();
      const lastEvent = events.at(-1);
      return {
        data: lastEvent?.data,
        lastEvent,
        events,
        status: isDue ? "connecting" : "closed",
        error: undefined,
        lastEventId: "",
        live: false,
        ...stream?.getSnapshot(),
        restart,
        close,
      };
    },
    () => {
      clearTimeout(lingering);
      isSeen = true;
      if (isDue) open();
      return () => {
        isSeen = false;
        lingering = setTimeout(pause, LINGER);
      };
    },
  );

  function open(): void {
    isDue = !isSeen;
    if (isDue || url === null) return;
    stream = openStream(
      url,
      read,
      (event) => {
        fold.add(event);
        store.changed();
        read().onEvent?.(readEvent(event) as StreamEvent<Data>);
      },
      stream?.lastEventId,
    );
    stream.on("gap", (gap) => read().onGap?.(gap));
    stream.on("end", (end) => read().onEnd?.(end));
    stream.subscribe(store.changed);
    store.changed();
  }

  /** Nobody looks any more. What has ended by itself, or must not be sent again, is not opened again when somebody does. */
  function pause(): void {
    const { method = "get", idempotent = /^get$/i.test(method) } = read();
    isDue ||= idempotent && stream?.status !== "closed";
    stream?.close();
  }

  function restart(): void {
    if (stream && stream.status !== "closed") stream.restart();
    else open();
  }

  function close(): void {
    isDue = false;
    stream?.close();
    store.changed();
  }

  return store;
}
