import { isPattern } from "@tidings/wire/topics";
import { connect } from "../connect.ts";
import type { ClientError } from "../errors.ts";
import type { ConnectOptions, EventStream, GapEvent, Snapshot, StreamEvent } from "../types.ts";
import { createCatchUps } from "./catch-ups.ts";
import { type ReadOptions, toLatest } from "./latest-options.ts";
import { linger } from "./linger.ts";
import { createMember, type Member, type Start, type TopicListener } from "./member.ts";
import { toOptions } from "./read-history.ts";
import { createStore, type Store } from "./store.ts";
import { toUnion } from "./union.ts";

/** Options of {@link createHubClient}: those of `connect` that are not about single topics. */
export interface HubClientOptions
  extends Omit<
    ConnectOptions,
    "topics" | "signal" | "lastEventId" | "from" | "last" | "method" | "body" | "idempotent"
  > {
  /** Told of everything that goes wrong on the way, warnings too. What there is to show is in {@link ConnectionState}. */
  readonly onError?: ((error: ClientError) => void) | undefined;
}

/** The state of a hub client's connection. `connecting` until somebody listens to a topic. */
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
  /** Calls back with every event of a topic or pattern. Returns what stops that; the topic is kept about a second more. */
  listen(topic: string, handler: (event: StreamEvent) => void): () => void;
  /** Connects anew, also where the connection was closed for good. */
  restart(): void;
}

const IDLE: ConnectionState = { status: "connecting", error: undefined, live: false, gap: undefined };

/**
 * A client that is connected as long as somebody listens. What is joined and left in one turn costs one reconnect at most, and
 * none if a topic or pattern that is listened to covers it.
 *
 * @param read the options, asked for whenever one is needed
 */
export function createHubClient(url: string | URL, read: ReadOptions<HubClientOptions> = () => ({})): HubClient {
  const address = String(url);
  const members = new Map<string, Set<Member>>();
  const joining = new Set<Member>();
  const waiting = new Set<Member>();
  const options = (): ConnectOptions => toLatest(read);
  const catchUps = createCatchUps(address, options);
  let stream: EventStream | undefined;
  let topics: readonly string[] = [];
  let patterns: readonly string[] = [];
  let isScheduled = false;
  let isLive = false;
  let state = IDLE;
  const connection = createStore(
    () => state,
    () => () => {},
  );

  function join(listener: TopicListener): () => string {
    const { topic } = listener;
    const member = createMember(listener);
    members.set(topic, (members.get(topic) ?? new Set()).add(member));
    joining.add(member);
    schedule();
    return () => {
      const same = members.get(topic);
      if (same?.delete(member) && same.size === 0) members.delete(topic);
      joining.delete(member);
      waiting.delete(member);
      catchUps.drop(member);
      schedule();
      return member.position(stream?.lastEventId ?? "");
    };
  }

  function listen(topic: string, handler: (event: StreamEvent) => void): () => void {
    let isStopped = false;
    const leave = join({ topic, onEvent: (event) => isStopped || handler(event) });
    return () => {
      if (!isStopped) linger(leave);
      isStopped = true;
    };
  }

  /** Once all that is joined and left in this turn is known. */
  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    queueMicrotask(apply);
  }

  function apply(): void {
    isScheduled = false;
    const before = topics.join("\n");
    topics = toUnion(members.keys());
    patterns = topics.filter(isPattern);
    const begun = stream === undefined ? commonStart() : undefined;
    if (topics.length === 0) idle();
    else if (stream === undefined) open(begun);
    else if (stream.status === "closed") {
      if (joining.size > 0) reopen();
    } else if (topics.join("\n") !== before) {
      isLive = false;
      stream.setTopics(topics);
    }
    for (const member of joining) {
      const { start } = member.listener;
      if (start === undefined || toKey(start) === toKey(begun)) member.release();
      else waiting.add(member);
    }
    joining.clear();
    letIn();
  }

  /** Where all who join begin, if that is the same place: then the shared stream can begin there itself. */
  function commonStart(): Start | undefined {
    const [first] = joining;
    const start = first?.listener.start;
    // What `persist` kept is for all; of a pattern, a hub gives the newest of 100 topics only.
    if (read().persist !== undefined || (start?.last !== undefined && patterns.length > 0)) return undefined;
    return [...joining].every(({ listener }) => toKey(listener.start) === toKey(start)) ? start : undefined;
  }

  function reopen(): void {
    open({ lastEventId: stream?.lastEventId });
  }

  function open(start: Start = {}): void {
    isLive = false;
    const opened = connect(address, { ...options(), ...toOptions(start), topics });
    stream = opened;
    opened.on("event", deliver);
    opened.on("gap", (gap) => {
      setState({ ...state, gap });
      for (const same of members.values()) for (const member of same) member.gap(gap);
    });
    opened.on("live", () => {
      isLive = true;
      letIn();
    });
    opened.on("status", (status) => {
      if (status !== "open") isLive = false;
      letIn();
    });
    opened.on("error", tell);
    opened.on("warning", tell);
    opened.subscribe(follow);
    follow();
  }

  function deliver(event: StreamEvent): void {
    const { topic } = event;
    if (topic === undefined) return;
    for (const name of [topic, ...patterns]) {
      for (const member of members.get(name) ?? []) if (member.matches(topic)) member.take(event);
    }
  }

  /**
   * Lets in those who want history first. Not before the shared stream is live: then all it has brought of their topics
   * is in the history that is read from now on, and all it will bring is held.
   */
  function letIn(): void {
    if (!isLive && stream?.status !== "closed") return;
    catchUps.begin(waiting);
    waiting.clear();
  }

  function idle(): void {
    stream?.close();
    stream = undefined;
    setState(IDLE);
  }

  function follow(): void {
    if (stream === undefined) return;
    const { status, error, live } = stream.getSnapshot();
    // The id that a stream would resume from changes with every event, and is nothing to show.
    if (status === state.status && error === state.error && live === state.live) return;
    setState({ ...state, status, error, live });
  }

  function setState(next: ConnectionState): void {
    state = next;
    connection.changed();
  }

  function tell(error: ClientError): void {
    read().onError?.(error);
  }

  return {
    connection,
    join,
    listen,
    restart() {
      if (stream?.status === "closed") reopen();
      else stream?.restart();
    },
  };
}

function toKey(start: Start | undefined): string | undefined {
  return JSON.stringify(start);
}
