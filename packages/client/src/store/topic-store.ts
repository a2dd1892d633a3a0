import type { GapEvent, StreamEvent } from "../types.ts";
import { createFold, type FoldOptions } from "./fold.ts";
import type { HubClient, StoreClient } from "./hub-client.ts";
import type { ReadOptions } from "./open-stream.ts";
import { createStore, type Store } from "./store.ts";

/** A state to go on from, and where. Without that: from where the shared stream goes on after the gap. */
export interface Seed<State> {
  readonly initial: State;
  /** Go on exactly after this id. */
  readonly lastEventId?: string | undefined;
  /** Go on with the newest N publications, instead. */
  readonly last?: number | undefined;
}

/** What a gap is mended with, if it is. */
// biome-ignore lint/suspicious/noConfusingVoidType: a callback that only looks at the gap need not return anything
export type Mended<State> = Seed<State> | undefined | void;

/** What all stores of topics can be told. */
export interface TopicStart<State> {
  /** The state to begin with, as of `lastEventId`. */
  readonly initial?: State | undefined;
  /** Begin exactly after this id: that of `initial`. Default: where the shared stream is. */
  readonly lastEventId?: string | undefined;
  /** Begin with the newest N publications, instead. */
  readonly last?: number | undefined;
  /**
   * Part of what was asked for is no longer held. What this gives replaces the state, and what comes after its `lastEventId`, by
   * default after the gap, follows. Default: with `last`, the newest N again; else the state goes on with what is missing missing.
   */
  readonly onGap?: ((gap: GapEvent) => Mended<State> | Promise<Mended<State>>) | undefined;
}

/** Options of {@link createTopicStore}: a list of the newest events. */
export interface TopicOptions<Data = unknown> extends TopicStart<readonly StreamEvent<Data>[]> {
  /** The events that the list holds at most; the oldest go. Default 100. */
  readonly limit?: number | undefined;
  readonly reduce?: undefined;
}

/** Options of {@link createTopicStore}: a state of one's own making. */
export interface ReduceOptions<Data, State> extends TopicStart<State> {
  readonly initial: State;
  /** The state after an event; must not change the one it gets. An event for which it throws is left out. */
  readonly reduce: (state: State, event: StreamEvent<Data>) => State;
}

/**
 * The store of a topic: the list of its newest events, or what `reduce` makes of them. `null` listens to nothing.
 *
 * @param read the options: where to begin is asked for once, `limit`, `reduce` and `onGap` whenever they are needed
 */
export function createTopicStore<State>(
  client: HubClient,
  topic: string | null,
  read: ReadOptions<TopicOptions | ReduceOptions<unknown, State>> = () => ({}),
): Store<State> {
  const first = read();
  const beginning = (first.reduce ? first.initial : []) as State;
  let fold = createFold((first.initial ?? beginning) as State, read as () => FoldOptions<State>);
  let start = first.lastEventId || first.last;
  let leave: () => string;
  /** The gap that is to be mended. */
  let mending: GapEvent | undefined;

  const store = createStore(
    () => fold.read(),
    () => {
      join();
      return () => {
        // Shown again later, it goes on where it was: in front of a gap that nobody has mended.
        start = leave() || start;
        if (mending) start = mending.after;
        mending = undefined;
      };
    },
  );

  function join(): void {
    leave = (client as StoreClient).joinUnread({
      topic,
      start,
      onEvent(event) {
        fold.add(event);
        store.changed();
      },
      onGap,
      onCaughtUp: store.changed,
    });
  }

  async function onGap(gap: GapEvent): Promise<void> {
    const { onGap, last } = read() as TopicStart<State>;
    mending = gap;
    const seed = onGap ? await onGap(gap) : last && { initial: beginning, last };
    // Another gap, or nobody to show it to: it is seen to there, or told again.
    if (mending !== gap) return;
    mending = undefined;
    if (!seed) return;
    fold = createFold(seed.initial, read as () => FoldOptions<State>);
    start = seed.lastEventId || seed.last || gap.resumesAt;
    leave();
    join();
  }

  return store;
}
