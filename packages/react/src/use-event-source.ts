import {
  createEventSourceStore,
  type EventSourceOptions,
  type EventSourceState,
  toIdentity,
} from "@tidings/client/store";
import { useKept, useStore } from "./stores.ts";

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
): EventSourceState<Data> {
  return useStore(useKept([toIdentity(url, options)], options, (read) => createEventSourceStore<Data>(url, read)));
}
