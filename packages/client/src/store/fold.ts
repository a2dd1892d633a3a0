import { callSafely } from "../listeners.ts";
import type { StreamEvent } from "../types.ts";

/** What makes one state of many events. */
export interface Fold<State> {
  add(event: StreamEvent): void;
  /** The state as of the last event. */
  read(): State;
  /** Starts over from a state. */
  reset(state: State): void;
}

/** How the state is made: by `reduce`, or a list of at most `limit` events. */
export interface FoldOptions<State> {
  readonly limit?: number | undefined;
  readonly reduce?: ((state: State, event: StreamEvent<never>) => State) | undefined;
}

/** The events that a list holds unless told otherwise. */
const DEFAULT_LIMIT = 100;

/** The events that wait to be read, at most: nobody reads for long in a hidden tab. */
const MAX_ADDED = 10_000;

/** @param options asked for at each reading */
export function createFold<State>(initial: State, options: () => FoldOptions<State>): Fold<State> {
  let state = initial;
  let added: StreamEvent[] = [];

  function read(): State {
    const { limit = DEFAULT_LIMIT, reduce } = options();
    if (reduce === undefined) {
      const list = [...(state as readonly StreamEvent[]), ...added];
      state = list.slice(Math.max(0, list.length - limit)) as State;
    } else {
      for (const event of added) {
        callSafely(
          (event) => {
            state = reduce(state, event);
          },
          event as StreamEvent<never>,
        );
      }
    }
    added = [];
    return state;
  }

  return {
    add(event) {
      if (added.push(event) >= MAX_ADDED) read();
    },
    read,
    reset(next) {
      state = next;
      added = [];
    },
  };
}
