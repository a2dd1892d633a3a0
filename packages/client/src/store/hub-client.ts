import { isPattern, matchesPattern } from "@tidings/wire/topics";
import { environment } from "../environment.ts";
import { ClientError } from "../errors.ts";
import type { EventStream, GapEvent, Snapshot, StreamEvent } from "../types.ts";
import { letIn, type Member, moveTo, type Start, type TopicListener, take, tellGap, toKey } from "./member.ts";
import { IDLE, openStream, type ReadOptions, type StoreOptions } from "./open-stream.ts";
import { createStore, type Store } from "./store.ts";
import { toUnion } from "./union.ts";

/** Options of {@link createHubClient}: those of `connect` that are about the connection, and not about single topics. */
export interface HubClientOptions
  extends Omit<
    StoreOptions,
    "topics" | "signal" | "lastEventId" | "from" | "last" | "persist" | "method" | "body" | "idempotent"
  > {}

/** The state of a hub client's connection. `connecting` also while nobody listens to a topic. */
export interface ConnectionState extends Omit<Snapshot, "lastEventId"> {
  /** The last gap there was: something was missed. */
  readonly gap: GapEvent | undefined;
}

/** Many listeners, one connection: to the union of their topics. */
export interface HubClient {
  readonly connection: Store<ConnectionState>;
  /**
   * Listens to a topic or pattern, exactly from where `start` says, wherever the shared connection is. Returns what stops
   * it, and then gives the id to go on from, empty if there is none yet.
   */
  join(listener: TopicListener): () => string;
  /** Connects anew, also where the connection was closed for good. */
  restart(): void;
}

/** Milliseconds that a topic is kept that nobody listens to: longer than a change of route takes. */
export const LINGER = 1_000;

/**
 * A client that is connected while somebody listens, and a second longer. What is joined and left in one turn costs one
 * reconnect at most, and none if what is listened to already covers it.
 *
 * @param read the options, asked for whenever one is needed
 */
export function createHubClient(url: string | URL, read: ReadOptions<HubClientOptions> = () => ({})): HubClient {
  const address = String(url);
  const members = new Map<string, Set<Member>>();
  const joining = new Set<Member>();
  /** Those who want history first, until the shared stream is live. */
  const waiting = new Set<Member>();
  let stream: EventStream | undefined;
  let topics: readonly string[] = [];
  let patterns: readonly string[] = [];
  let isLive = false;
  let cancelNarrowing: (() => void) | undefined;
  let gap: GapEvent | undefined;
  let state: ConnectionState = { ...IDLE, gap: undefined };
  /** Ends the reading of history. */
  let idle = new AbortController();

  const connection = createStore(() => {
    const { status, error, live } = stream?.getSnapshot() ?? IDLE;
    // Without the id, which changes with every event and is nothing to show.
    const isSame = status === state.status && error === state.error && live === state.live && gap === state.gap;
    if (!isSame) state = { status, error, live, gap };
    return state;
  });

  function join(listener: TopicListener): () => string {
    const { topic, start } = listener;
    const member: Member = { listener, isIn: false, cursor: start?.lastEventId ?? "", missed: "", group: undefined };
    members.set(topic, (members.get(topic) ?? new Set()).add(member));
    if (joining.size === 0) queueMicrotask(widen);
    moveTo(joining, member);
    return () => {
      const same = members.get(topic);
      if (same?.delete(member) && same.size === 0) members.delete(topic);
      member.group?.delete(member);
      cancelNarrowing?.();
      cancelNarrowing = environment.after(LINGER, narrow);
      return member.cursor || (member.isIn && stream?.lastEventId) || "";
    };
  }

  /** Once all who join in this turn are known. */
  function widen(): void {
    if (joining.size === 0) return;
    let begun: Start | undefined;
    if (!stream || stream.status === "closed") {
      begun = stream ? toStart(stream) : commonStart();
      open(begun);
    } else if (toUnion([...topics, ...members.keys()]).join() !== topics.join()) listen();
    for (const member of joining) {
      const { start } = member.listener;
      if (start === undefined || toKey(start) === toKey(begun)) letIn(member);
      else moveTo(waiting, member);
    }
    joining.clear();
    bring();
  }

  /** Where all who join begin, if that is the same place: then the shared stream can begin there itself. */
  function commonStart(): Start | undefined {
    const listeners = [...joining].map(({ listener }) => listener);
    const [start, ...others] = new Map(listeners.map((listener) => [toKey(listener.start), listener.start])).values();
    // Of a pattern, a hub gives the newest of 100 topics only.
    const isPart = start?.last !== undefined && listeners.some(({ topic }) => isPattern(topic));
    return others.length > 0 || isPart ? undefined : start;
  }

  function narrow(): void {
    if (members.size > 0) {
      if (toUnion(members.keys()).join() !== topics.join()) listen();
      return;
    }
    stream?.close();
    stream = gap = undefined;
    idle.abort();
    idle = new AbortController();
    connection.changed();
  }

  function listen(): void {
    topics = toUnion(members.keys());
    patterns = topics.filter(isPattern);
    isLive = false;
    stream?.setTopics(topics);
  }

  function open(start: Start = {}): void {
    stream = undefined;
    listen();
    stream = openStream(address, read, { ...start, topics }, deliver);
    stream.on("gap", (told) => {
      gap = told;
      for (const same of members.values()) {
        for (const member of same) {
          if (member.isIn) tellGap(member, told);
          else member.missed = told.resumesAt;
        }
      }
    });
    stream.on("live", () => {
      isLive = true;
      bring();
    });
    stream.on("status", (status) => {
      isLive &&= status === "open";
      bring();
    });
    stream.subscribe(connection.changed);
    connection.changed();
  }

  function deliver(event: StreamEvent): void {
    const { topic = "" } = event;
    for (const name of [topic, ...patterns]) {
      if (name !== topic && !matchesPattern(name, topic)) continue;
      for (const member of members.get(name) ?? []) take(member, event);
    }
  }

  /**
   * Brings history to those who want it. Not before the shared stream is live: then all that it has brought of their topics
   * is in that history. They wait, and are brought it when it is live again, where the code for that could not be loaded.
   */
  function bring(): void {
    const isDue = (): boolean => waiting.size > 0 && (isLive || stream?.status === "closed");
    if (!isDue()) return;
    import("./catch-up.ts").then(
      ({ catchUp }) => isDue() && catchUp(address, read, idle.signal, waiting),
      (cause) => read().onError?.(new ClientError("network", "The code for history was not loaded.", { cause })),
    );
  }

  return {
    connection,
    join,
    restart() {
      if (stream?.status === "closed") open(toStart(stream));
      else stream?.restart();
    },
  };
}

function toStart({ lastEventId }: EventStream): Start {
  return { lastEventId };
}
