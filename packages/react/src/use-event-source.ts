import {
  createEventSourceStore,
  type EventSourceOptions,
  type EventSourceState,
  toIdentity,
} from "@tidings/client/store";
import { useKept } from "./use-kept.ts";
import { useReader } from "./use-reader.ts";
import { useStore } from "./use-store.ts";

/** What {@link useEventSource} gives. */
export interface EventSourceResult<Data> extends EventSourceState<Data> {
  /** Connects anew, also where the stream was closed. The same function at each render. */
  readonly restart: () => void;
  /** Closes for good. The same function at each render. */
  readonly close: () => void;
}

/**
 * Listens to any SSE endpoint, without a provider, over a connection of its own. Renders at most once a frame; `events` has
 * all that came, and `onEvent` gets each. `null` as address listens to nothing.
 *
 * It connects anew if the *value* of `url`, `topics`, `method`, a string `body`, `credentials`, `identity`, `share` or `raw` changes.
 * Other options are looked up when they are needed, so that it never matters whether they are new objects or functions.
 */
export function useEventSource<Data = unknown>(
  url: string | URL | null,
  options: EventSourceOptions<Data> = {},
): EventSourceResult<Data> {
  const read = useReader(options);
  const store = useKept([toIdentity(url, options)], () => createEventSourceStore<Data>(url, read));
  return { ...useStore(store), restart: store.restart, close: store.close };
}
