import { isPattern, matchesPattern } from "@tidings/wire/topics";
import { toError } from "../errors.ts";
import { callSafely } from "../listeners.ts";
import { onceATurn } from "../once-a-turn.ts";
import type { EventStream, GapEvent, Snapshot } from "../types.ts";
import { LINGER, type Listener, type Member, type Start, type TopicListener } from "./member.ts";
import { openStream, type ReadOptions, type StoreOptions } from "./open-stream.ts";
import { createStore, type Store } from "./store.ts";
import { readEvent, type Unread } from "./unread.ts";

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
  /** Connects anew, also where the connection was closed for good. Always the same function. */
  readonly restart: () => void;
}

/** Many listeners, one connection: to the union of their topics. */
export interface HubClient {
  readonly connection: Store<ConnectionState>;
  /**
   * Listens to a topic or pattern, exactly from where `start` says, wherever the shared connection is. Returns what stops
   * it, and then gives the id to go on from, empty if there is none yet.
   */
  join(listener: TopicListener): () => string;
}

/** A hub client as stores see it. */
export interface StoreClient extends HubClient {
  /** As `join`, for who keeps few of the events. */
  joinUnread(listener: Listener): () => string;
}

/**
 * A client that is connected while somebody listens, and a second longer. What is joined and left in one turn costs one
 * reconnect at most, and none if what is listened to already covers it.
 *
 * @param read the options, asked for whenever one is needed
 */
export function createHubClient(url: string | URL, read: ReadOptions<HubClientOptions> = () => ({})): HubClient {
  /** By topic. One that nobody listens to any more stays until it has lingered, or others are to be asked for in any case. */
  const members = new Map<string, readonly Member[]>();
  /** Those who begin elsewhere than the shared stream, until the code is there that brings them to it. */
  const waiting = new Set<Member>();
  let stream: EventStream | undefined;
  /** Where a stream begins that is opened in this turn. */
  let begun: Start | undefined;
  let patterns: readonly string[] = [];
  let gap: GapEvent | undefined;
  let lingering: ReturnType<typeof setTimeout> | undefined;

  const connection = createStore<ConnectionState>(() => ({
    status: "connecting",
    error: undefined,
    live: false,
    ...stream?.getSnapshot(),
    gap,
    restart,
  }));

  function joinUnread(listener: Listener): () => string {
    const { topic, start } = listener;
    if (topic === null) return () => "";
    const member: Member = { listener };
    if (!members.has(topic)) forget();
    members.set(topic, [...membersOf(topic), member]);
    if (!stream) {
      begun = start;
      open(start);
    } else if (stream.status === "closed") restart();
    else settle();
    if (start === begun) member.told = listener;
    else waiting.add(member);
    return () => {
      member.hasLeft = true;
      members.set(
        topic,
        membersOf(topic).filter((other) => other !== member),
      );
      waiting.delete(member);
      clearTimeout(lingering);
      lingering = setTimeout(narrow, LINGER);
      return (member.told && (member.told.leave?.() ?? stream?.lastEventId)) ?? "";
    };
  }

  /** Once all are known who join in this turn, and before a stream that was opened in it asks. */
  const settle = onceATurn(() => {
    ask();
    begun = undefined;
    bring();
  });

  function narrow(): void {
    forget();
    if (members.size) ask();
    else {
      stream?.close();
      stream = gap = undefined;
      connection.changed();
    }
  }

  function forget(): void {
    for (const [topic, [first]] of members) if (!first) members.delete(topic);
  }

  function ask(): void {
    const topics = [...members.keys()];
    patterns = topics.filter(isPattern);
    // What a pattern brings along need not be asked for; but where it begins, a hub gives the newest of each topic that is named, and
    // not of all that a pattern matches.
    stream?.setTopics(topics.filter((topic) => begun || isPattern(topic) || !covering(topic)[0]));
  }

  /** The patterns that a topic matches. */
  function covering(topic: string): string[] {
    return patterns.filter((pattern) => matchesPattern(pattern, topic));
  }

  function open(start?: Start): void {
    forget();
    settle();
    stream = openStream(url, read, deliver, start);
    stream.on("gap", (told) => {
      gap = told;
      for (const name of [...members.keys()]) tell(name, "onGap", told);
    });
    // Not what `subscribe` tells of: the id, which changes with every event, is nothing to show.
    for (const type of ["gap", "status", "live", "error"] as const) stream.on(type, connection.changed);
    stream.on("live", bring);
    stream.closed.then(bring, bring);
    connection.changed();
  }

  function restart(): void {
    if (stream?.status === "closed") open(stream.lastEventId);
    else stream?.restart();
  }

  function deliver(event: Unread): void {
    const { topic = "" } = event;
    for (const name of [topic, ...covering(topic)]) tell(name, "onEvent", event);
  }

  function membersOf(topic: string): readonly Member[] {
    return members.get(topic) ?? [];
  }

  /** Who joins under way is not told, and who leaves not any more. */
  function tell(name: string, what: "onEvent" | "onGap", event: Unread | GapEvent): void {
    for (const member of membersOf(name)) {
      if (!member.hasLeft) callSafely(member.told?.[what] as ((event: unknown) => void) | undefined, event);
    }
  }

  /** Asked for again when the stream is live again, where the code could not be loaded. */
  function bring(): void {
    if (waiting.size) {
      import("./catch-up.ts").then(
        ({ catchUp }) => stream && catchUp(stream, url, read, waiting),
        (cause) => read().onError?.(toError(cause)),
      );
    }
  }

  return {
    connection,
    join: (listener) => joinUnread({ ...listener, onEvent: (event) => listener.onEvent(readEvent(event)) }),
    joinUnread,
  } satisfies StoreClient as HubClient;
}
