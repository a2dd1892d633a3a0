import { callSafely } from "../listeners.ts";
import type { StreamEvent } from "../types.ts";

/** Makes one state of many events. Adding is cheap; the state is made when it is read. */
export interface Fold<State, Data = unknown> {
  add(event: StreamEvent<Data>): void;
  read(): State;
  /** Starts over from a state; a list, by default from none. */
  reset(state?: State): void;
}

/** The events that a list holds unless told otherwise. */
const DEFAULT_LIMIT = 100;

/** The newest events, oldest first. `limit` is asked at each read. */
export function createListFold<Data>(
  initial: readonly StreamEvent<Data>[] = [],
  limit: () => number | undefined = () => undefined,
): Fold<readonly StreamEvent<Data>[], Data> {
  let events = initial;
  let added: StreamEvent<Data>[] = [];
  const bounded = (list: readonly StreamEvent<Data>[]): StreamEvent<Data>[] =>
    list.slice(Math.max(0, list.length - (limit() ?? DEFAULT_LIMIT)));
  return {
    add(event) {
      // Nobody may read for long, as in a hidden tab. Twice the limit, so that cutting costs nothing in the mean.
      if (added.push(event) > 2 * (limit() ?? DEFAULT_LIMIT)) added = bounded(added);
    },
    read() {
      events = bounded([...events, ...added]);
      added = [];
      return events;
    },
    reset(state = []) {
      events = state;
      added = [];
    },
  };
}

/** What a function makes of state and event. If it throws, that event is left out and the error reported. */
export function createReduceFold<State, Data>(
  initial: State,
  reduce: () => (state: State, event: StreamEvent<Data>) => State,
): Fold<State, Data> {
  let state = initial;
  return {
    add(event) {
      callSafely((added) => {
        state = reduce()(state, added);
      }, event);
    },
    read: () => state,
    reset(next = initial) {
      state = next;
    },
  };
}
