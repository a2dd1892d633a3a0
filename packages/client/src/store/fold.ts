import { callSafely } from "../listeners.ts";
import type { StreamEvent } from "../types.ts";
import { readEvent, type Unread } from "./unread.ts";

/** What makes one state of many events. */
export interface Fold<State> {
  add(event: Unread): void;
  /** The state as of the last event. */
  read(): State;
}

/** How the state is made: by `reduce`, or a list of at most `limit` events, by default 100. */
export interface FoldOptions<State> {
  readonly limit?: number | undefined;
  readonly reduce?: ((state: State, event: StreamEvent<never>) => State) | undefined;
}

/** The events that wait to be read, at most: nobody reads for long in a hidden tab, and what is soon let go of costs least. */
const MAX_ADDED = 2_000;

/** @param options asked for at each reading */
export function createFold<State>(initial: State, options: () => FoldOptions<State>): Fold<State> {
  let state = initial;
  let added: Unread[] = [];

  function read(): State {
    const { limit = 100, reduce } = options();
    if (reduce) {
      for (const event of added) {
        callSafely(
          (event) => {
            state = reduce(state, event);
          },
          readEvent(event) as StreamEvent<never>,
        );
      }
    } else {
      // Not 0, from where on it would be all of a list.
      const start = -limit || Number.POSITIVE_INFINITY;
      state = [...(state as readonly StreamEvent[]), ...added.slice(start).map(readEvent)].slice(start) as State;
    }
    added = [];
    return state;
  }

  return {
    add(event) {
      if (added.push(event) >= MAX_ADDED) read();
    },
    read,
  };
}
