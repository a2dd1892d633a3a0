import type { ParsedEvent } from "@tidings/wire";
import type { Decode } from "./decode-data.ts";
import { ClientError } from "./errors.ts";
import type { IteratorQueue } from "./iterator-queue.ts";
import type { LateDelivery } from "./late-delivery.ts";
import type { Listeners } from "./listeners.ts";
import { isAtOrBefore } from "./position.ts";
import type { GapEvent, StreamEvent, StreamEvents } from "./types.ts";

/** What a stream remembers from one connection to the next. */
export interface Memory {
  lastEventId: string;
  /** The reconnection time, in milliseconds, and whether the server named it. */
  retry: number;
  isRetryTold: boolean;
  /** The heartbeat that a Tidings hub announced, in milliseconds; undefined as long as none did. */
  heartbeat: number | undefined;
  isLive: boolean;
  /** Whether an event has come on this connection. */
  isFruitful: boolean;
  farewell: Farewell | undefined;
}

/** Where events go. */
export interface Audience<Data> {
  readonly listeners: Listeners<StreamEvents<Data>>;
  readonly queues: ReadonlySet<IteratorQueue<StreamEvent<Data>>>;
}

/** How a server took its leave: all topics ended, it comes back, or nobody is to come back. */
export type Farewell = "end" | "bye" | "leave";

/** What one connection delivers, to be told as the parser finds it. */
export interface Delivery {
  onEvent(event: ParsedEvent): void;
  onId(id: string): void;
  onRetry(milliseconds: number): void;
  onComment(text: string): void;
  /** The connection is open, whatever it may say. */
  open(): void;
  /** To be awaited before more is read: data is still being validated. */
  pending(): Promise<void> | undefined;
  /** How the server took its leave; undefined if the last thing that came was another. */
  readonly farewell: Farewell | undefined;
}

/** What a delivery needs to know. */
export interface DeliveryOptions<Data> {
  readonly memory: Memory;
  readonly audience: Audience<Data>;
  readonly decode: Decode;
  readonly late: LateDelivery;
  /** The connection. Nothing is delivered after it is cut. */
  readonly signal: AbortSignal;
  readonly onOpen: (event: StreamEvents["open"]) => void;
  readonly onLive: () => void;
  readonly onDropped: (count: number) => void;
}

/** Takes what the parser finds to those who listen: in order, each event once, a hub's own events apart. */
export function createDelivery<Data>(options: DeliveryOptions<Data>): Delivery {
  const { memory, audience, decode, late, signal, onOpen, onLive, onDropped } = options;
  const { listeners, queues } = audience;
  const resumedFrom = memory.lastEventId;
  let isOpen = false;
  let hasBegun = false;
  let isHub = false;
  /** A hub resumes from `resumedFrom`, and nothing above it has come yet. */
  let mayRepeat = false;
  memory.isFruitful = false;
  memory.farewell = undefined;
  let pending: Promise<void> | undefined;

  /** Keeps the order behind data that is still being validated. */
  function inOrder(task: () => void | Promise<void>): void {
    if (pending === undefined) {
      const more = task();
      if (more !== undefined) settle(more);
    } else settle(pending.then(() => (signal.aborted ? undefined : task())));
  }

  function settle(last: Promise<void>): void {
    pending = last.then(() => {
      if (pending === current) pending = undefined;
    });
    const current = pending;
  }

  function open(connection?: string, heartbeat?: number): void {
    if (isOpen) return;
    isOpen = true;
    onOpen({ connection, heartbeat });
  }

  /** The first thing came, and it is not what a hub begins with. */
  function begin(): void {
    if (hasBegun) return;
    hasBegun = true;
    late.stop();
    open();
  }

  function deliver(event: ParsedEvent): void | Promise<void> {
    if (event.event.startsWith("tidings:")) return control(event);
    begin();
    // What has no topic is a greeting, and has no id of its own.
    const isPublication = !isHub || event.topic !== undefined;
    if (mayRepeat && isPublication) {
      if (isAtOrBefore(event.id, resumedFrom)) return;
      mayRepeat = false;
    }
    const data = decode(event.data, event);
    if (data instanceof Promise) return data.then((value) => finish(event, value, isPublication));
    finish(event, data, isPublication);
  }

  function finish(event: ParsedEvent, data: unknown, isPublication: boolean): void {
    if (signal.aborted) return;
    if (isPublication) memory.lastEventId = event.id;
    memory.isFruitful = true;
    memory.farewell = undefined;
    if (data instanceof ClientError) {
      listeners.tell("error", data);
      return;
    }
    // The parser has let go of it, and one object less for each event is worth having.
    const given = Object.assign<object, { data: unknown }>(event, { data }) as StreamEvent<Data>;
    let dropped = 0;
    for (const queue of queues) dropped += queue.add(given);
    if (dropped > 0) onDropped(dropped);
    listeners.tell("event", given);
  }

  function control({ id, event, data }: ParsedEvent): void {
    const told = parseRecord(data);
    if (event !== "tidings:open") begin();
    switch (event) {
      case "tidings:open": {
        const { connection, heartbeat } = told as { connection?: string; heartbeat?: number };
        isHub = hasBegun = true;
        mayRepeat = resumedFrom !== "";
        // Where it resumes from is where we are; where it starts, if we are nowhere yet.
        memory.lastEventId ||= id;
        if (typeof heartbeat === "number" && heartbeat > 0) {
          memory.heartbeat = heartbeat;
          late.opened(heartbeat);
        }
        open(connection, heartbeat);
        break;
      }
      case "tidings:gap":
        mayRepeat = false;
        memory.lastEventId = id;
        listeners.tell("gap", told as unknown as GapEvent);
        break;
      case "tidings:live":
        memory.lastEventId = id;
        memory.isLive = true;
        onLive();
        listeners.tell("live", { id });
        break;
      case "tidings:end":
        memory.lastEventId = id;
        memory.farewell = "end";
        listeners.tell("end", { topic: String(told.topic) });
        break;
      case "tidings:bye":
        memory.farewell = told.reconnect === false ? "leave" : "bye";
        listeners.tell("bye", { reason: String(told.reason), reconnect: told.reconnect !== false });
        break;
      case "tidings:heartbeat":
        beat(id);
    }
  }

  function beat(id: string): void {
    begin();
    memory.lastEventId = id;
    memory.farewell = undefined;
    late.beat();
  }

  return {
    // Without a promise to wait for there is no need for a closure to each event.
    onEvent(event) {
      if (pending !== undefined) return inOrder(() => deliver(event));
      const more = deliver(event);
      if (more !== undefined) settle(more);
    },
    onId: (id) => inOrder(() => beat(id)),
    onRetry(milliseconds) {
      memory.retry = milliseconds;
      memory.isRetryTold = true;
    },
    onComment: (text) =>
      inOrder(() => {
        begin();
        listeners.tell("comment", text);
      }),
    open: () => open(),
    pending: () => pending,
    get farewell() {
      return memory.farewell;
    },
  };
}

function parseRecord(json: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(json) as object) };
  } catch {
    return {};
  }
}
