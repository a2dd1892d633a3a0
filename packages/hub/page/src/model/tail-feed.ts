import type { GapEvent, StreamEvent } from "@tidings/client";
import type { HubApi } from "./api.ts";
import { createTail, type Tail } from "./tail.ts";
import { TAIL_ROWS } from "./tail-rows.ts";
import { lookUpTimes } from "./times.ts";
import { isPattern } from "./topics.ts";

/** What a stream tells of a topic or pattern, made into rows of a tail. */
export interface TailFeed {
  readonly tail: Tail;
  /** History to ask the stream for, of each topic. */
  readonly last: number;
  take(event: StreamEvent<string>): void;
  takeGap(gap: GapEvent): void;
  takeEnd(topic: string): void;
  /** The stream has become live, or is no longer. */
  setLive(live: boolean): void;
}

/** History shown of one topic, and of each topic that a pattern matches. */
const LAST_OF_TOPIC = 100;
const LAST_OF_EACH = 20;

/** @param name the topic or pattern that is listened to */
export function createTailFeed(api: HubApi, name: string): TailFeed {
  const tail = createTail();
  const last = isPattern(name) ? LAST_OF_EACH : LAST_OF_TOPIC;
  /** Ids that came out of history, by topic, those with the newest events last. */
  let replayed = new Map<string, string[]>();
  let isLive = false;
  let cursor = "";
  let resumedAfter = "";

  function keepUntimed(topic: string, id: string): void {
    const ids = replayed.get(topic) ?? [];
    ids.push(id);
    if (ids.length > TAIL_ROWS) ids.shift();
    replayed.delete(topic);
    replayed.set(topic, ids);
  }

  async function fillInTimes(): Promise<void> {
    const most = resumedAfter === "" ? last : TAIL_ROWS;
    const untimed = [...replayed].map(([topic, ids]) => ({
      topic,
      ids,
      // Of a longer history only the end is here, and what came before its first event is not known.
      after: ids.length < most ? resumedAfter || undefined : ids[0],
    }));
    replayed = new Map();
    if (untimed.length > 0) tail.setTimes(await lookUpTimes(api, untimed));
  }

  return {
    tail,
    last,
    take({ id, event, data, topic = name }) {
      if (!isLive) keepUntimed(topic, id);
      cursor = id;
      tail.add({ kind: "event", id, topic, event, data, time: isLive ? Date.now() : undefined });
    },
    takeGap: ({ reason }) => tail.add({ kind: "note", tone: "gap", text: toGapText(reason) }),
    takeEnd: (topic) => tail.add({ kind: "note", tone: "end", text: `${topic} has ended.` }),
    setLive(live) {
      if (live === isLive) return;
      isLive = live;
      if (live) void fillInTimes();
      else resumedAfter = cursor;
    },
  };
}

function toGapText(reason: GapEvent["reason"]): string {
  if (reason === "trimmed") return "Gap: some events are no longer held. What follows is complete.";
  if (reason === "reset") return "Gap: the hub’s log has started anew. What follows is complete.";
  return "Gap: events may be missing here. What follows is complete.";
}
