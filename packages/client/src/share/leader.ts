import { hasTopic } from "@tidings/wire/topics";
import type { Environment } from "../environment.ts";
import { isAtOrBefore } from "../position.ts";
import type { EventStream, StreamEvents } from "../types.ts";
import type { Item, ToGroup, ToMember } from "./messages.ts";

/** What leading takes. */
export interface LeaderOptions {
  readonly environment: Environment;
  readonly locks: LockManager;
  readonly name: string;
  /** Opens the shared connection; its data are raw. */
  readonly open: (topics: readonly string[] | undefined, lastEventId: string) => EventStream;
  /** It is for another tab to lead: the shared connection was refused, or another leads already. */
  readonly onOver: () => void;
}

interface Seat {
  readonly line: BroadcastChannel;
  readonly controller: AbortController;
  topics: readonly string[] | undefined;
  cursor: string;
  isJoined: boolean;
  /** Items told and not yet dealt with. */
  ahead: number;
  outbox: Item[];
}

/** Members that all come at once, after a leader is gone, are waited for, so that one start suits them all. In milliseconds. */
const COLLECT = 30;

/** Topics that nobody asks for any more are asked for so long: a page that is left for another asks again. In milliseconds. */
const LINGER = 2000;

/** Items that a member may be behind, as a frozen tab is, before it is left to its cursor: what bounds memory. */
const WINDOW = 4096;

/** Leads: holds the one connection, and tells every member what is of its topics. Returns what stops it. */
export function lead({ environment, locks, name, open, onOver }: LeaderOptions): () => void {
  const term = environment.date() + environment.random();
  const group = new BroadcastChannel(name);
  const seats = new Map<string, Seat>();
  let stream: EventStream | undefined;
  let opened: StreamEvents["open"] | undefined;
  let asked: readonly string[] | undefined;
  let isFlushing = false;
  let stopCollecting: (() => void) | undefined;
  let stopLingering = (): void => {};

  group.onmessage = ({ data }: MessageEvent<ToGroup>) => {
    if (data.type === "leads") {
      if (data.term > term) onOver();
      return;
    }
    const seat = seats.get(data.member);
    if (data.type === "join") join(data.member, data.topics, data.cursor);
    else if (data.type === "leave") leave(data.member);
    else if (data.type === "taken") {
      if (seat !== undefined) seat.ahead -= data.count;
    } else {
      const line = seat?.line ?? new BroadcastChannel(`${name} ${data.member}`);
      line.postMessage({ term, type: "pong", isSeated: seat !== undefined } satisfies ToMember);
      if (seat === undefined) line.close();
    }
  };
  group.postMessage({ type: "leads", term } satisfies ToGroup);

  function join(member: string, topics: readonly string[] | undefined, cursor: string): void {
    let seat = seats.get(member);
    if (seat === undefined) {
      const controller = new AbortController();
      const line = new BroadcastChannel(`${name} ${member}`);
      seat = { line, controller, topics, cursor, isJoined: false, ahead: 0, outbox: [] };
      seats.set(member, seat);
      // Each member holds a lock of its own: it is to be had when the member is gone, in whatever way.
      locks.request(`${name} ${member}`, { signal: controller.signal }, () => leave(member)).catch(() => {});
    }
    Object.assign(seat, { topics, cursor, isJoined: false, ahead: 0, outbox: [] });
    stopCollecting ??= environment.after(COLLECT, settle);
  }

  /** Opens, asks for more, or has all that is needed. */
  function settle(): void {
    stopCollecting = undefined;
    const topics = union();
    if (stream === undefined) start(topics);
    else if (topics !== undefined && !topics.every((topic) => asked?.includes(topic))) ask(topics);
    else if (opened !== undefined) seatAll();
    shrink();
  }

  function start(topics: readonly string[] | undefined): void {
    let from: string | undefined;
    for (const { cursor } of seats.values()) if (from === undefined || isAtOrBefore(cursor, from)) from = cursor;
    if (from === undefined) return;
    const current = open(topics, from);
    stream = current;
    asked = topics;
    current.on("open", (event) => {
      opened = event;
      seatAll();
    });
    current.on("event", (event) => {
      const parsed = { id: event.id, event: event.event, topic: event.topic, data: event.data as string };
      tell({ type: "event", event: parsed }, event.topic);
    });
    current.on("gap", (gap) => control("gap", gap.resumesAt, gap));
    current.on("live", ({ id }) => control("live", id, {}));
    current.on("end", (end) => control("end", current.lastEventId, end, end.topic));
    current.on("bye", (bye) => control("bye", "", bye));
    current.on("comment", (text) => tell({ type: "comment", text }));
    current.on("error", ({ code, message, status, problem }) => {
      tell({ type: "error", error: { code, message, problem, ...(status !== undefined && { status }) } });
    });
    current.on("status", (status) => {
      if (status !== "open") opened = undefined;
      if (status !== "closed") tell({ type: "status", status });
      else if (stream === current) {
        flush();
        for (const member of [...seats.keys()]) dismiss(member, "refused");
        close();
        onOver();
      }
    });
    let last = from;
    current.subscribe(() => {
      if (current.lastEventId === last || current !== stream) return;
      last = current.lastEventId;
      tell({ type: "id", id: last });
    });
  }

  function seatAll(): void {
    if (stream === undefined || opened === undefined) return;
    flush();
    const { connection, heartbeat } = opened;
    const { live: isLive, lastEventId: at } = stream.getSnapshot();
    for (const seat of seats.values()) {
      if (seat.isJoined) continue;
      seat.isJoined = true;
      seat.line.postMessage({ term, type: "joined", at, isLive, connection, heartbeat } satisfies ToMember);
    }
  }

  function ask(topics: readonly string[]): void {
    asked = topics;
    opened = undefined;
    stream?.setTopics(topics);
  }

  function control(name: string, id: string, told: object, topic?: string): void {
    const event = { id, event: `tidings:${name}`, topic: undefined, data: JSON.stringify(told) };
    tell({ type: "event", event }, topic);
  }

  /** @param topic what it is about; undefined for everybody */
  function tell(item: Item, topic?: string): void {
    for (const { isJoined, topics, outbox } of seats.values()) {
      if (
        !isJoined ||
        !(topic === undefined || topics === undefined || topics.some((name) => hasTopic({ topic }, name)))
      ) {
        continue;
      }
      if (item.type === "id" && outbox.at(-1)?.type === "id") outbox.pop();
      outbox.push(item);
    }
    if (isFlushing) return;
    isFlushing = true;
    queueMicrotask(flush);
  }

  function flush(): void {
    isFlushing = false;
    for (const [member, seat] of seats) {
      const { outbox: items, line } = seat;
      if (items.length === 0) continue;
      seat.outbox = [];
      seat.ahead += items.length;
      if (seat.ahead > WINDOW) dismiss(member, "behind");
      else line.postMessage({ term, type: "items", items } satisfies ToMember);
    }
  }

  function dismiss(member: string, type: "behind" | "refused"): void {
    seats.get(member)?.line.postMessage({ term, type } satisfies ToMember);
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
      const topics = union();
      if (seats.size === 0) close();
      // All of them have been asked for by now, so that fewer is other.
      else if (topics !== undefined && topics.length !== asked?.length) ask(topics);
    });
  }

  function union(): string[] | undefined {
    const all = [...seats.values()].flatMap(({ topics }) => topics ?? []);
    const isAny = [...seats.values()].some(({ topics }) => topics !== undefined);
    return isAny ? [...new Set(all)].sort() : undefined;
  }

  function close(): void {
    const closing = stream;
    stream = opened = undefined;
    closing?.close();
  }

  return () => {
    stopCollecting?.();
    stopLingering();
    close();
    for (const member of [...seats.keys()]) leave(member);
    stopLingering();
    group.close();
  };
}
