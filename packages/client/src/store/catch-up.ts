import { isPattern, matchesPattern } from "@tidings/wire/topics";
import { callSafely } from "../listeners.ts";
import { isAtOrBefore } from "../position.ts";
import type { StreamEvent } from "../types.ts";
import { letIn, type Member, moveTo, tellGap, toKey } from "./member.ts";
import { openStream, type ReadOptions, type StoreOptions } from "./open-stream.ts";

/**
 * Brings those who wait from where they begin to where the shared stream is, and lets them in: those with the same start
 * together, over a stream of their own.
 *
 * The stream is read until it is live and has brought every event that the shared stream has brought meanwhile: what comes
 * after it, the shared stream is still to bring. So nothing need be held, and there is nothing to overflow. A stream and
 * not pages of history: any endpoint of a hub has it, embedded ones too, with the same rights, headers and gaps.
 *
 * @param waiting who leaves is taken out; empty afterwards
 */
export function catchUp(url: string, read: ReadOptions, signal: AbortSignal, waiting: Set<Member>): void {
  const groups = new Map<string | undefined, Set<Member>>();
  for (const member of waiting) {
    const key = toKey(member.listener.start);
    const group = groups.get(key) ?? new Set();
    groups.set(key, group);
    moveTo(group, member);
  }
  waiting.clear();
  for (const group of groups.values()) catchUpTogether(url, read, signal, group);
}

function catchUpTogether(url: string, read: ReadOptions, signal: AbortSignal, members: Set<Member>): void {
  const [first] = members;
  const topics = new Set([...members].map(({ listener }) => listener.topic));
  const readOwn = (): StoreOptions => {
    const { share: _share, ...options } = read();
    return options;
  };
  const stream = openStream(url, readOwn, { ...first?.listener.start, topics: [...topics], signal }, (event) => {
    for (const member of members) recall(member, event);
    if (isLive) finish();
  });
  let isLive = false;

  function finish(): void {
    const { lastEventId, status } = stream;
    for (const member of members) {
      if (status !== "closed" && member.missed !== "" && !isAtOrBefore(member.missed, lastEventId)) continue;
      members.delete(member);
      letIn(member, lastEventId);
    }
    if (members.size === 0) stream.close();
  }

  stream.on("gap", (gap) => {
    for (const member of members) tellGap(member, gap);
  });
  stream.on("live", () => {
    isLive = true;
    finish();
  });
  // All their topics have ended, or they may not have them.
  stream.closed.then(finish, finish);
}

/** Takes an event of its history. */
function recall(member: Member, event: StreamEvent): void {
  const { topic } = member.listener;
  if (event.topic !== topic && !(isPattern(topic) && matchesPattern(topic, event.topic ?? ""))) return;
  member.cursor = event.id;
  callSafely(member.listener.onEvent, event);
}
