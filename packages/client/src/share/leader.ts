import type { ParsedEvent } from "@tidings/wire";
import { hasTopic } from "@tidings/wire/topics";
import type { Environment } from "../environment.ts";
import { isAtOrBefore } from "../position.ts";
import type { EventStream } from "../types.ts";
import type { Here, Item, ToGroup, Told, ToMember } from "./messages.ts";

/** What leading takes. */
export interface LeaderOptions {
  readonly environment: Environment;
  readonly locks: LockManager;
  readonly name: string;
  /**
   * Opens the shared connection, to these topics if there are any. Its data are raw; `look` sees all that comes, when it has
   * been dealt with.
   */
  readonly open: (topics: readonly string[], lastEventId: string, look: (item: ParsedEvent) => void) => EventStream;
  /** It is for another tab to lead: the shared connection was refused. */
  readonly onOver: () => void;
}

interface Seat extends Here {
  readonly line: BroadcastChannel;
  /** Ends the wait for the member's own lock. */
  readonly controller: AbortController;
  isIn: boolean;
  /** Items told and not yet dealt with. */
  ahead: number;
}

/** Members that all come at once, after a leader is gone, are waited for, so that one start suits them all. In milliseconds. */
const COLLECT = 30;

/** Topics that nobody asks for any more are asked for so long: a page that is left for another asks again. In milliseconds. */
const LINGER = 2000;

/** Items that a member may be behind, as a frozen tab is, before it is left to its cursor: what bounds memory. */
const WINDOW = 4096;

/** Leads: holds the one connection, and tells every member what is of its topics. Returns what stops it, also twice. */
export function lead({ environment, locks, name, open, onOver }: LeaderOptions): () => void {
  const term = Date.now() + environment.random();
  const group = new BroadcastChannel(name);
  const seats = new Map<string, Seat>();
  /** What has come and is not yet told. */
  const pending: Item[] = [];
  let stream: EventStream | undefined;
  /** The data of its `tidings:open`; undefined as long as it is not open. */
  let opened: string | undefined;
  let asked: readonly string[] = [];
  let stopCollecting: (() => void) | undefined;
  let stopLingering = (): void => {};

  group.onmessage = ({ data }: MessageEvent<ToGroup>) => {
    if (data.type === "here") hear(data);
    else if (data.type === "leave") leave(data.member);
  };
  group.postMessage({ type: "leads", term } satisfies ToGroup);

  function say({ line }: Seat, message: Told): void {
    line.postMessage({ term, ...message } satisfies ToMember);
  }

  function hear(here: Here): void {
    const { member, joins, taken } = here;
    const seat = seats.get(member) ?? take(member);
    if (taken === 0) say(seat, { type: "leads" });
    seat.ahead -= taken;
    if (seat.joins === joins) return;
    Object.assign(seat, here, { isIn: false, ahead: 0 });
    stopCollecting ??= environment.after(COLLECT, settle);
  }

  function take(member: string): Seat {
    const controller = new AbortController();
    // The rest it has just said itself.
    const seat = { line: new BroadcastChannel(`${name} ${member}`), controller } as Seat;
    seats.set(member, seat);
    // Each member holds a lock of its own: it is to be had when the member is gone, in whatever way.
    locks.request(`${name} ${member}`, controller, () => leave(member)).catch(() => {});
    return seat;
  }

  /** Opens, or asks for more, unless it has all that is needed. */
  function settle(): void {
    stopCollecting = undefined;
    const topics = toUnion();
    if (!stream) start(topics);
    else if (topics.some((topic) => !asked.includes(topic))) ask(topics);
    letIn();
    shrink();
  }

  function start(topics: readonly string[]): void {
    let from: string | undefined;
    for (const { cursor } of seats.values()) if (!from || isAtOrBefore(cursor, from)) from = cursor;
    // They have all left meanwhile.
    if (from === undefined) return;
    asked = topics;
    stream = open(topics, from, (item) => {
      if (item.event === "tidings:open") {
        opened = item.data;
        letIn();
      } else tell(item);
    });
    stream.on("error", (error) => tell({ error: { ...error, message: error.message } }));
    stream.on("status", (status) => {
      if (status !== "open") opened = undefined;
      if (status !== "closed") tell({ status });
      else if (stream) {
        flush();
        for (const seat of seats.values()) say(seat, { type: "refused" });
        close();
        onOver();
      }
    });
  }

  function letIn(): void {
    // Who has come since it asked may want what this connection does not bring.
    if (!stream || !opened || stopCollecting) return;
    flush();
    const snapshot = stream.getSnapshot();
    for (const seat of seats.values()) {
      if (!seat.isIn) say(seat, { type: "joined", joins: seat.joins, opened, ...snapshot });
      seat.isIn = true;
    }
  }

  function ask(topics: readonly string[]): void {
    asked = topics;
    opened = undefined;
    stream?.setTopics(topics);
  }

  function tell(item: Item): void {
    if (pending.push(item) === 1) queueMicrotask(flush);
  }

  function flush(): void {
    const items = pending.splice(0);
    const last = items.at(-1);
    for (const seat of seats.values()) {
      if (!seat.isIn || !last) continue;
      const { topics } = seat;
      const own = items.filter((item) => {
        const { topic } = item as ParsedEvent;
        return topic === undefined || !topics || topics.some((name) => hasTopic(item as ParsedEvent, name));
      });
      // What is for others moves the cursor all the same.
      if (own.at(-1) !== last)
        own.push({ ...(last as ParsedEvent), event: "tidings:heartbeat", topic: undefined, data: "" });
      seat.ahead += own.length;
      // It comes again by itself, with its cursor.
      if (seat.ahead > WINDOW) leave(seat.member);
      else say(seat, { type: "items", items: own });
    }
  }

  function leave(member: string): void {
    const seat = seats.get(member);
    if (!seat) return;
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
      else if (topics.length !== asked.length) ask(topics);
    });
  }

  function toUnion(): readonly string[] {
    return [...new Set([...seats.values()].flatMap(({ topics }) => topics ?? []))];
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
