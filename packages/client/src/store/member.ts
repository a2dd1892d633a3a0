import type { GapEvent, StreamEvent } from "../types.ts";
import type { Unread } from "./unread.ts";

/** Milliseconds that a topic or stream is kept that nobody listens to: longer than a change of route takes. */
export const LINGER = 1_000;

/** Where reading begins: after an id, or with the newest N publications of each topic. */
export type Start = string | number;

/** One who listens to a topic or pattern through a hub client. */
export interface TopicListener {
  /** `null` listens to nothing. */
  readonly topic: string | null;
  /** Where to begin. Default: where the shared stream is. */
  readonly start?: Start | undefined;
  readonly onEvent: (event: StreamEvent) => void;
  readonly onGap?: ((gap: GapEvent) => void) | undefined;
  /** It began elsewhere, and has been brought to where the shared stream is. */
  readonly onCaughtUp?: (() => void) | undefined;
}

/** A {@link TopicListener} that reads its events itself. */
export interface Listener extends Omit<TopicListener, "onEvent"> {
  readonly onEvent: (event: Unread) => void;
}

/** A listener, and who is told in its place of what the shared stream brings. */
export interface Member {
  readonly listener: Listener;
  /** Itself, or who brings it to where the shared stream is; nobody as long as it is not known which. */
  told?: Told;
  hasLeft?: boolean;
}

/** Who is told. */
export interface Told extends Pick<Listener, "onEvent" | "onGap"> {
  /** The listener leaves. Returns the id to go on from; without this, where the shared stream is. */
  readonly leave?: () => string;
}
