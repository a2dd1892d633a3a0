import { onFrame } from "./frame.ts";

/** State outside of a user interface, as React's `useSyncExternalStore` and its like in other frameworks want it. */
export interface Store<State> {
  /** Listens, and keeps the store at work. Returns what stops it. */
  subscribe(listener: () => void): () => void;
  /** The same value until a listener has been called. */
  getSnapshot(): State;
  /** What a server renders, and a browser while it hydrates: the state before anything was listened to. */
  getServerSnapshot(): State;
}

/** A {@link Store} as its maker holds it. */
export interface FrameStore<State> extends Store<State> {
  /** There is something new to read: listeners are told with the next frame. */
  changed(): void;
}

/**
 * @param read the state as it is now; gives a new value where something changed
 * @param start begins what is done while there is a listener; gives what ends it
 */
export function createStore<State>(read: () => State, start?: () => () => void): FrameStore<State> {
  const initial = read();
  const listeners = new Set<() => void>();
  let snapshot = initial;
  let stop: (() => void) | undefined;

  const publish = (): void => {
    snapshot = read();
    for (const listener of listeners) listener();
  };

  return {
    subscribe(listener) {
      if (listeners.size === 0) stop = start?.();
      listeners.add(listener);
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) stop?.();
      };
    },
    getSnapshot: () => snapshot,
    getServerSnapshot: () => initial,
    changed: () => onFrame(publish),
  };
}
