import { hasTopic } from "@tidings/wire/topics";
import { callSafely } from "../listeners.ts";
import { isAtOrBefore } from "../position.ts";
import type { EventStream, GapEvent } from "../types.ts";
import type { Member, Start } from "./member.ts";
import { openStream, type ReadOptions, type StoreOptions } from "./open-stream.ts";
import type { Unread } from "./unread.ts";

/** One who is brought to where the shared stream is. */
interface Late {
  readonly topic: string;
  /** Takes an event of its history. */
  recall(event: Unread): void;
  /** Takes a gap in its history. */
  miss(gap: GapEvent): void;
  /** From now on it gets what the shared stream brings after `cursor`, if history has all that came before. */
  letIn(cursor: string, isOver: boolean): void;
}

/**
 * Brings those who wait from where they begin to where the shared stream is, and lets them in: those with the same start
 * together, over a stream of their own. Not before the shared stream is live: one that cannot be had is asked for by one alone.
 *
 * The stream is read until it is live and has brought every event that the shared stream has brought meanwhile: what comes
 * after it, the shared stream is still to bring. So nothing need be held, and there is nothing to overflow. A stream and
 * not pages of history: any endpoint of a hub has it, embedded ones too, with the same rights, headers and gaps.
 *
 * @param waiting empty afterwards
 */
export function catchUp(shared: EventStream, url: string | URL, read: ReadOptions, waiting: Set<Member>): void {
  if (!shared.getSnapshot().live && shared.status !== "closed") return;
  const groups = new Map<Start | undefined, Member[]>();
  for (const member of waiting) {
    const { start } = member.listener;
    groups.set(start, [...(groups.get(start) ?? []), member]);
  }
  waiting.clear();
  for (const [start, members] of groups) catchUpTogether(shared.lastEventId, url, read, start, members);
}

function catchUpTogether(
  reached: string,
  url: string | URL,
  read: ReadOptions,
  start: Start | undefined,
  members: readonly Member[],
): void {
  const all = new Set<Late>();
  const leave = (late: Late): void => {
    if (all.delete(late) && all.size === 0) stream.close();
  };
  for (const member of members) all.add(toLate(member, reached, leave));

  const topics = [...new Set([...all].map(({ topic }) => topic))];
  const readOwn = (): StoreOptions => {
    const { share: _share, ...options } = read();
    return { ...options, topics };
  };
  const deliver = (event: Unread): void => {
    for (const late of all) if (hasTopic(event, late.topic)) late.recall(event);
    if (stream.getSnapshot().live) finish();
  };
  const stream = openStream(url, readOwn, deliver, start);
  const finish = (): void => {
    for (const late of all) late.letIn(stream.lastEventId, stream.status === "closed");
  };
  stream.on("gap", (gap) => {
    for (const late of all) late.miss(gap);
  });
  stream.on("live", finish);
  // All their topics have ended, or they may not have them.
  stream.closed.then(finish, finish);
}

/**
 * Takes the place of a member until the shared stream has passed what history has brought.
 *
 * @param missed up to which id the shared stream has come, or has a gap, before the member was in
 */
function toLate(member: Member, missed: string, leave: (late: Late) => void): Late {
  const { listener } = member;
  const { topic, start, onEvent, onGap, onCaughtUp } = listener;
  /** The id that history has brought it to. */
  let cursor = typeof start === "string" ? start : "";
  let isIn = false;
  const late: Late = {
    topic: topic ?? "",
    recall(event) {
      cursor = event.id;
      callSafely(onEvent, event);
    },
    miss(gap) {
      callSafely(onGap, gap);
    },
    letIn(at, isOver) {
      if (!isOver && missed !== "" && !isAtOrBefore(missed, at)) return;
      isIn = true;
      cursor = at;
      leave(late);
      callSafely(onCaughtUp);
    },
  };
  member.told = {
    onEvent(event) {
      if (!isIn) missed = event.id;
      // What history has brought comes once more, where the shared stream was behind it.
      else if (!isAtOrBefore(event.id, cursor)) {
        member.told = listener;
        onEvent(event);
      }
    },
    onGap(gap) {
      if (isIn) onGap?.(gap);
      else missed = gap.resumesAt;
    },
    leave() {
      leave(late);
      return cursor;
    },
  };
  return late;
}
