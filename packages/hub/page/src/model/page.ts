import type { GapEvent } from "@tidings/client";
import { openStream, type Stream, type StreamState } from "../stream.ts";
import { createHubApi, type Published } from "./api.ts";
import type { Draft } from "./curl.ts";
import { createDirectory, type Directory } from "./directory.ts";
import { createSelection } from "./selection.ts";
import { createStore, type Readable } from "./store.ts";
import { createTail, TAIL_ROWS, type Tail } from "./tail.ts";
import { lookUpTimes } from "./times.ts";
import { isPattern, toTopicQuery } from "./topics.ts";

/** All that the page knows and can do. Components read it and call it, and talk to no network themselves. */
export interface PageModel {
  /** The hub's address, ending in `/`. */
  readonly root: string;
  /** The topic or pattern that is listened to. */
  readonly selection: Readable<string>;
  readonly streamState: Readable<StreamState>;
  readonly tail: Tail;
  readonly directory: Directory;
  /** @throws HubError */
  publish(draft: Draft): Promise<Published>;
  /** Tries again now, from where the stream was. */
  reconnect(): void;
}

/** History shown of one topic, and of each topic that a pattern matches. */
const LAST_OF_TOPIC = 100;
const LAST_OF_EACH = 20;

/** Starts the page's connection to the hub at `root`, an absolute address that ends in `/`. */
export function createPageModel(root: string): PageModel {
  const api = createHubApi(root);
  const selection = createSelection();
  const streamState = createStore<StreamState>({ phase: "connecting" });
  const tail = createTail();
  const directory = createDirectory(api);
  let listed: { of: unknown; topics: Set<string> } = { of: undefined, topics: new Set() };
  let stream = listen();

  function listen(): Stream {
    const name = selection.get();
    const last = isPattern(name) ? LAST_OF_EACH : LAST_OF_TOPIC;
    let replayed = new Map<string, string[]>();
    let resumedAfter = "";

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

    return openStream({
      url: `${root}events?topic=${toTopicQuery(name)}&last=${last}`,
      onState(state) {
        streamState.set(state);
        if (state.phase === "catching-up") resumedAfter = stream.cursor;
        if (state.phase === "live" || state.phase === "ended") void fillInTimes();
      },
      onEvent({ id, event, data, topic = name }) {
        const live = streamState.get().phase === "live";
        if (!live) {
          const ids = replayed.get(topic) ?? [];
          ids.push(id);
          if (ids.length > TAIL_ROWS) ids.shift();
          // Moved to the end: topics stay in the order of their newest event.
          replayed.delete(topic);
          replayed.set(topic, ids);
        }
        tail.add({ kind: "event", id, topic, event, data, time: live ? Date.now() : undefined });
        if (live && !isListed(topic)) directory.refresh();
      },
      onGap: ({ reason }) => tail.add({ kind: "note", tone: "gap", text: toGapText(reason) }),
      onEnd: (topic) => tail.add({ kind: "note", tone: "end", text: `${topic} has ended.` }),
    });
  }

  function isListed(topic: string): boolean {
    const { listing } = directory.get();
    if (listing === undefined || listing.truncated) return true;
    if (listed.of !== listing) listed = { of: listing, topics: new Set(listing.topics.map((entry) => entry.topic)) };
    return listed.topics.has(topic);
  }

  selection.subscribe(() => {
    stream.close();
    tail.clear();
    stream = listen();
  });

  return {
    root,
    selection,
    streamState,
    tail,
    directory,
    async publish(draft) {
      const published = await api.publish(draft);
      directory.refresh();
      return published;
    },
    reconnect() {
      const { phase } = streamState.get();
      if (phase === "waiting" || phase === "offline") return stream.retry();
      stream.close();
      tail.clear();
      stream = listen();
    },
  };
}

function toGapText(reason: GapEvent["reason"]): string {
  if (reason === "trimmed") return "Gap: some events are no longer held. What follows is complete.";
  if (reason === "reset") return "Gap: the hub’s log has started anew. What follows is complete.";
  return "Gap: events may be missing here. What follows is complete.";
}
