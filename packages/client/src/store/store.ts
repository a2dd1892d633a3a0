import { onFrame } from "./frame.ts";
import { linger } from "./linger.ts";

/** State outside of a user interface, as React's `useSyncExternalStore` and its like in other frameworks want it. */
export interface Store<State> {
  /** Listens, and keeps the store at work. Returns what stops it; about a second after the last one the work ends. */
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
 * @param read the state as it is now; must give a new value where something changed
 * @param start begins the work that a listener wants done; gives what ends it
 */
export function createStore<State>(read: () => State, start: () => () => void): FrameStore<State> {
  const initial = read();
  const listeners = new Set<() => void>();
  let snapshot = initial;
  let stop: (() => void) | undefined;
  let stay: (() => void) | undefined;

  const publish = (): void => {
    snapshot = read();
    for (const listener of listeners) listener();
  };

  return {
    subscribe(listener) {
      stay?.();
      stop ??= start();
      listeners.add(listener);
      return () => {
        if (!listeners.delete(listener) || listeners.size > 0) return;
        stay = linger(() => {
          stop?.();
          stop = undefined;
        });
      };
    },
    getSnapshot: () => snapshot,
    getServerSnapshot: () => initial,
    changed: () => onFrame(publish),
  };
}
