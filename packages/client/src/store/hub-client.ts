import { hasTopic, isPattern } from "@tidings/wire/topics";
import { environment } from "../environment.ts";
import { ClientError } from "../errors.ts";
import { callSafely } from "../listeners.ts";
import { onceATurn } from "../once-a-turn.ts";
import type { EventStream, GapEvent, Snapshot, StreamEvent } from "../types.ts";
import type { Member, Start, TopicListener } from "./member.ts";
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
  /** By topic. One that nobody listens to any more stays until it has lingered. */
  const members = new Map<string, Set<Member>>();
  const joining = new Set<Member>();
  /** Those who begin elsewhere than the shared stream, until the code is there that brings them to it. */
  const waiting = new Set<Member>();
  let stream: EventStream | undefined;
  let patterns: readonly string[] = [];
  let gap: GapEvent | undefined;
  let cancelNarrowing = (): void => {};

  const connection = createStore<ConnectionState>(() => {
    const { status, error, live } = stream?.getSnapshot() ?? IDLE;
    return { status, error, live, gap };
  });

  function join(listener: TopicListener): () => string {
    const member: Member = { listener, told: undefined };
    const same = members.get(listener.topic) ?? new Set();
    members.set(listener.topic, same.add(member));
    joining.add(member);
    widen();
    return () => {
      for (const group of [same, joining, waiting]) group.delete(member);
      cancelNarrowing();
      cancelNarrowing = environment.after(LINGER, narrow);
      return (member.told && (member.told.leave?.() ?? stream?.lastEventId)) ?? "";
    };
  }

  /** Once all who join in this turn are known. */
  const widen = onceATurn(() => {
    const starts = new Map([...joining].map(({ listener: { start } }) => [JSON.stringify(start), start]));
    if (starts.size === 0) return;
    let isCommon = false;
    if (!stream) {
      // Where all begin at the same place, the stream does. Of topics that a pattern brings along it would not have all that is asked for.
      isCommon = starts.size === 1 && toUnion(members.keys()).length === members.size;
      open(isCommon ? [...starts.values()][0] : undefined);
    } else if (stream.status === "closed") restart();
    else stream.setTopics(toTopics());
    for (const member of joining) {
      if (isCommon || !member.listener.start) member.told = member.listener;
      else waiting.add(member);
    }
    joining.clear();
    bring();
  });

  function narrow(): void {
    forget();
    if (members.size > 0) stream?.setTopics(toTopics());
    else {
      stream?.close();
      stream = gap = undefined;
      connection.changed();
    }
  }

  function forget(): void {
    for (const [topic, { size }] of members) if (size === 0) members.delete(topic);
  }

  function toTopics(): readonly string[] {
    const topics = toUnion(members.keys());
    patterns = topics.filter(isPattern);
    return topics;
  }

  function open(start?: Start): void {
    forget();
    stream = openStream(String(url), read, { ...start, topics: toTopics() }, deliver);
    stream.on("gap", (told) => {
      gap = told;
      for (const same of members.values()) {
        for (const member of same) if (member.told?.onGap) callSafely(member.told.onGap, told);
      }
    });
    // Not what `subscribe` tells of: the id, which changes with every event, is nothing to show.
    for (const type of ["gap", "status", "live", "error"] as const) stream.on(type, connection.changed);
    stream.on("live", bring);
    stream.closed.then(bring, bring);
    connection.changed();
  }

  function restart(): void {
    if (stream?.status === "closed") open({ lastEventId: stream.lastEventId });
    else stream?.restart();
  }

  function deliver(event: StreamEvent): void {
    for (const name of [event.topic ?? "", ...patterns]) {
      if (!hasTopic(event, name)) continue;
      for (const { told } of members.get(name) ?? []) if (told) callSafely(told.onEvent, event);
    }
  }

  /** Asked for again when the stream is live again, where the code could not be loaded. */
  function bring(): void {
    if (waiting.size === 0) return;
    import("./catch-up.ts").then(
      ({ catchUp }) => stream && catchUp(stream, String(url), read, waiting),
      (cause) => read().onError?.(new ClientError("network", "The code for history was not loaded.", { cause })),
    );
  }

  return { connection, join, restart };
}
