import { callSafely } from "../listeners.ts";
import type { StreamEvent } from "../types.ts";

/** What makes one state of many events. */
export interface Fold<State> {
  add(event: StreamEvent): void;
  /** The state as of the last event. */
  read(): State;
}

/** How the state is made: by `reduce`, or a list of at most `limit` events, by default 100. */
export interface FoldOptions<State> {
  readonly limit?: number | undefined;
  readonly reduce?: ((state: State, event: StreamEvent<never>) => State) | undefined;
}

/** The events that wait to be read, at most: nobody reads for long in a hidden tab. */
const MAX_ADDED = 10_000;

/** @param options asked for at each reading */
export function createFold<State>(initial: State, options: () => FoldOptions<State>): Fold<State> {
  let state = initial;
  let added: StreamEvent[] = [];

  function read(): State {
    const { limit = 100, reduce } = options();
    if (reduce) {
      for (const event of added) {
        callSafely(
          (event) => {
            state = reduce(state, event);
          },
          event as StreamEvent<never>,
        );
      }
    } else {
      const list = [...(state as readonly StreamEvent[]), ...added];
      // The last 0 of a list are all of it.
      state = list.slice(-limit || list.length) as State;
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
