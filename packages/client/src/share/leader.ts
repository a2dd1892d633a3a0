import type { ParsedEvent } from "@tidings/wire";
import { hasTopic } from "@tidings/wire/topics";
import type { Environment } from "../environment.ts";
import { onceATurn } from "../once-a-turn.ts";
import { isAtOrBefore } from "../position.ts";
import type { EventStream } from "../types.ts";
import type { Item, ToGroup, Told, ToMember } from "./messages.ts";

/** What leading takes. */
export interface LeaderOptions {
  readonly environment: Environment;
  readonly locks: LockManager;
  readonly name: string;
  /** Opens the shared connection. Its data are raw; `look` sees all that comes, when it has been dealt with. */
  readonly open: (
    topics: readonly string[] | undefined,
    lastEventId: string,
    look: (item: ParsedEvent) => void,
  ) => EventStream;
  /** It is for another tab to lead: the shared connection was refused, or another leads already. */
  readonly onOver: () => void;
}

interface Seat {
  readonly line: BroadcastChannel;
  /** Ends the wait for the member's own lock. */
  readonly controller: AbortController;
  readonly topics: readonly string[] | undefined;
  readonly cursor: string;
  readonly outbox: Item[];
  isJoined: boolean;
  /** Items told and not yet dealt with. */
  ahead: number;
}

/** Members that all come at once, after a leader is gone, are waited for, so that one start suits them all. In milliseconds. */
const COLLECT = 30;

/** Topics that nobody asks for any more are asked for so long: a page that is left for another asks again. In milliseconds. */
const LINGER = 2000;

/** Items that a member may be behind, as a frozen tab is, before it is left to its cursor: what bounds memory. */
const WINDOW = 4096;

const HEARTBEAT = "tidings:heartbeat";

/** Leads: holds the one connection, and tells every member what is of its topics. Returns what stops it. */
export function lead({ environment, locks, name, open, onOver }: LeaderOptions): () => void {
  const term = Date.now() + environment.random();
  const group = new BroadcastChannel(name);
  const seats = new Map<string, Seat>();
  let stream: EventStream | undefined;
  /** The data of its `tidings:open`; undefined as long as it is not open. */
  let opened: string | undefined;
  let asked: readonly string[] | undefined;
  let stopCollecting: (() => void) | undefined;
  let stopLingering = (): void => {};
  const flushSoon = onceATurn(flush);

  group.onmessage = ({ data }: MessageEvent<ToGroup>) => {
    if (data.type === "leads") {
      if (data.term > term) onOver();
      return;
    }
    const { member } = data;
    const seat = seats.get(member);
    if (data.type === "join") join(data, seat);
    else if (data.type === "leave") leave(member);
    else if (data.type === "taken") {
      if (seat !== undefined) seat.ahead -= data.count;
    } else {
      const line = seat?.line ?? toLine(member);
      say(line, { type: "pong", isSeated: seat !== undefined });
      if (seat === undefined) line.close();
    }
  };
  group.postMessage({ type: "leads", term } satisfies ToGroup);

  function toLine(member: string): BroadcastChannel {
    return new BroadcastChannel(`${name} ${member}`);
  }

  function say(line: BroadcastChannel, message: Told): void {
    line.postMessage({ term, ...message } satisfies ToMember);
  }

  function join({ member, topics, cursor }: ToGroup & { type: "join" }, known: Seat | undefined): void {
    const { line, controller } = known ?? { line: toLine(member), controller: new AbortController() };
    seats.set(member, { line, controller, topics, cursor, isJoined: false, ahead: 0, outbox: [] });
    if (known === undefined) {
      // Each member holds a lock of its own: it is to be had when the member is gone, in whatever way.
      locks.request(`${name} ${member}`, { signal: controller.signal }, () => leave(member)).catch(() => {});
    }
    stopCollecting ??= environment.after(COLLECT, settle);
  }

  /** Opens, asks for more, or has all that is needed. */
  function settle(): void {
    stopCollecting = undefined;
    const topics = toUnion();
    if (stream === undefined) start(topics);
    else if (topics?.every((topic) => asked?.includes(topic)) === false) ask(topics);
    else seatAll();
    shrink();
  }

  function start(topics: readonly string[] | undefined): void {
    let from: string | undefined;
    for (const { cursor } of seats.values()) if (from === undefined || isAtOrBefore(cursor, from)) from = cursor;
    if (from === undefined) return;
    asked = topics;
    const current = open(topics, from, (item) => {
      if (item.event === "tidings:open") {
        opened = item.data;
        seatAll();
      } else tell(item);
    });
    stream = current;
    current.on("error", (error) => tell({ error: { ...error, message: error.message } }));
    current.on("status", (status) => {
      if (status !== "open") opened = undefined;
      if (status !== "closed") tell({ status });
      else if (stream === current) {
        flush();
        for (const member of seats.keys()) dismiss(member, "refused");
        close();
        onOver();
      }
    });
  }

  function seatAll(): void {
    if (stream === undefined || opened === undefined) return;
    flush();
    const { live: isLive, lastEventId: at } = stream.getSnapshot();
    for (const seat of seats.values()) {
      if (!seat.isJoined) say(seat.line, { type: "joined", at, isLive, opened });
      seat.isJoined = true;
    }
  }

  function ask(topics: readonly string[]): void {
    asked = topics;
    opened = undefined;
    stream?.setTopics(topics);
  }

  function tell(item: Item): void {
    for (const { isJoined, topics, outbox } of seats.values()) {
      if (!isJoined) continue;
      let told = item;
      if ("event" in item && item.topic !== undefined && topics?.some((name) => hasTopic(item, name)) === false) {
        // What is for others moves the cursor all the same.
        told = { ...item, event: HEARTBEAT, topic: undefined, data: "" };
        if ((outbox.at(-1) as ParsedEvent | undefined)?.event === HEARTBEAT) outbox.pop();
      }
      outbox.push(told);
    }
    flushSoon();
  }

  function flush(): void {
    for (const [member, seat] of seats) {
      const items = seat.outbox.splice(0);
      if (items.length === 0) continue;
      seat.ahead += items.length;
      if (seat.ahead > WINDOW) dismiss(member, "behind");
      else say(seat.line, { type: "items", items });
    }
  }

  function dismiss(member: string, type: "behind" | "refused"): void {
    const seat = seats.get(member);
    if (seat !== undefined) say(seat.line, { type });
    leave(member);
  }

  function leave(member: string): void {
    const seat = seats.get(member);
    if (seat === undefined) return;
    seats.delete(member);
    seat.controller.abort();
    seat.line.close();
    shrink();
  }

  function shrink(): void {
    stopLingering();
    stopLingering = environment.after(LINGER, () => {
      const topics = toUnion();
      if (seats.size === 0) close();
      // All of them have been asked for by now, so that fewer is other.
      else if (topics !== undefined && topics.length !== asked?.length) ask(topics);
    });
  }

  function toUnion(): string[] | undefined {
    const named = [...seats.values()].flatMap(({ topics }) => (topics === undefined ? [] : [topics]));
    return named.length > 0 ? [...new Set(named.flat())].sort() : undefined;
  }

  function close(): void {
    const closing = stream;
    stream = opened = undefined;
    closing?.close();
  }

  return () => {
    stopCollecting?.();
    close();
    for (const member of seats.keys()) leave(member);
    stopLingering();
    group.close();
  };
}
