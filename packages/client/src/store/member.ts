import { callSafely } from "../listeners.ts";
import { isAtOrBefore } from "../position.ts";
import type { GapEvent, StreamEvent } from "../types.ts";

/** Where reading begins: after an id, or with the newest N publications of each topic. */
export interface Start {
  readonly lastEventId?: string | undefined;
  readonly last?: number | undefined;
}

/** One who listens to a topic or pattern through a hub client. */
export interface TopicListener {
  readonly topic: string;
  /** Where to begin. Default: where the shared stream is. */
  readonly start?: Start | undefined;
  readonly onEvent: (event: StreamEvent) => void;
  readonly onGap?: (gap: GapEvent) => void;
  /** All that `start` asked for has come. */
  readonly onCaughtUp?: () => void;
}

/** A listener, and how far it has come in joining the shared stream. */
export interface Member {
  readonly listener: TopicListener;
  /** It gets what the shared stream brings. */
  isIn: boolean;
  /** The id that history has brought it to; empty once the shared stream has passed that. */
  cursor: string;
  /** Up to which id the shared stream has come, or has a gap, before it was in. */
  missed: string;
  /** Those it waits with, or catches up with. */
  group: Set<Member> | undefined;
}

/** Takes an event of the shared stream. */
export function take(member: Member, event: StreamEvent): void {
  if (!member.isIn) member.missed = event.id;
  // What history has brought comes once more, where the shared stream was behind it.
  else if (member.cursor === "" || !isAtOrBefore(event.id, member.cursor)) {
    member.cursor = "";
    callSafely(member.listener.onEvent, event);
  }
}

/** Waits with others now. */
export function moveTo(group: Set<Member>, member: Member): void {
  member.group = group.add(member);
}

/** From now on it gets what the shared stream brings after `cursor`. */
export function letIn(member: Member, cursor = ""): void {
  member.isIn = true;
  member.group = undefined;
  member.cursor = cursor;
  callSafely(() => member.listener.onCaughtUp?.(), undefined);
}

/** Tells it of a gap in what it gets. */
export function tellGap({ listener }: Member, gap: GapEvent): void {
  callSafely(() => listener.onGap?.(gap), undefined);
}

/** The same for starts that are the same. */
export function toKey(start: Start | undefined): string | undefined {
  return JSON.stringify(start);
}
