import { isPattern, matchesPattern } from "@tidings/wire/topics";
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
  onEvent(event: StreamEvent): void;
  onGap?(gap: GapEvent): void;
  /** All that `start` asked for has come. */
  onCaughtUp?(): void;
}

/** A listener, and how far it has come in joining the shared stream. */
export interface Member {
  readonly listener: TopicListener;
  /** It has lost events that it held, because there were too many: its history must be read on. */
  readonly overflowed: boolean;
  matches(topic: string | undefined): boolean;
  /** After which id it would go on, where the shared stream is at `shared`. Empty: it would begin anew. */
  position(shared: string): string;
  /** From now on the shared stream's events are held back, until history is through. */
  hold(): void;
  /** An event of the shared stream. */
  take(event: StreamEvent): void;
  /** An event of history. */
  recall(event: StreamEvent): void;
  gap(gap: GapEvent): void;
  /** History is through up to `reached`: what was held follows, and then whatever comes. */
  release(reached?: string): void;
}

/** Events held back for one listener. Beyond it they are dropped, and read from history instead. */
const MAX_HELD = 10_000;

/** A member that gets nothing yet. */
export function createMember(listener: TopicListener): Member {
  const { topic, start } = listener;
  const held = new Map<string, StreamEvent>();
  let phase: "outside" | "holding" | "in" = "outside";
  let cursor = start?.lastEventId ?? "";
  let overflowed = false;

  const onEvent = (event: StreamEvent): void => listener.onEvent(event);
  const give = (event: StreamEvent): void => callSafely(onEvent, event);

  function take(event: StreamEvent): void {
    if (phase === "in") {
      // What history has brought comes once more, while the shared stream is behind it.
      if (cursor !== "" && isAtOrBefore(event.id, cursor)) return;
      cursor = "";
      give(event);
    } else if (phase === "holding" && held.set(event.id, event).size > MAX_HELD) {
      held.clear();
      overflowed = true;
    }
  }

  return {
    listener,
    get overflowed() {
      return overflowed;
    },
    matches: (name = "") => name === topic || (isPattern(topic) && matchesPattern(topic, name)),
    position: (shared) => (phase === "in" ? cursor || shared : phase === "holding" ? cursor : ""),
    hold() {
      phase = "holding";
      overflowed = false;
    },
    take,
    recall(event) {
      held.delete(event.id);
      cursor = event.id;
      give(event);
    },
    gap(gap) {
      if (phase !== "outside") callSafely(() => listener.onGap?.(gap), undefined);
    },
    release(reached = "") {
      phase = "in";
      cursor = reached;
      callSafely(() => listener.onCaughtUp?.(), undefined);
      for (const event of held.values()) take(event);
      held.clear();
    },
  };
}
