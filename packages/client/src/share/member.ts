import type { ParsedEvent } from "@tidings/wire";
import type { AttemptOptions, End } from "../attempt.ts";
import type { Delivery } from "../delivery.ts";
import { ClientError } from "../errors.ts";
import { isAtOrBefore } from "../position.ts";
import type { Status } from "../types.ts";
import type { Item, ToGroup, ToMember } from "./messages.ts";

/** One attempt, and whom it tells of what the shared connection does. */
export interface SharedAttemptOptions extends AttemptOptions {
  readonly topics: readonly string[] | undefined;
  readonly onStatus: (status: Status) => void;
  readonly onError: (error: ClientError) => void;
}

/** What lasts from one attempt of a tab to the next. */
export interface MemberOptions {
  readonly name: string;
  readonly member: string;
  /** A connection of the tab's own. */
  readonly attempt: (options: AttemptOptions, controller: AbortController) => Promise<End>;
  /** The leader does not answer. */
  readonly onLeaderless: () => void;
}

/** One who takes part. */
export interface Member {
  attempt(options: SharedAttemptOptions, controller: AbortController): Promise<End>;
  stop(): void;
}

/** How often a leader is asked whether it is there, in milliseconds, and how often in vain: in all less than a second. */
const PING = 250;
const MISSED = 2;

/**
 * Takes part in a shared connection. The first thing is a short connection of the tab's own, up to where history is through: it
 * brings what this tab has missed, and shows that the hub lets it have these topics. Then it joins, and what the leader tells
 * goes on after it; what was there already is dropped by its id.
 */
export function createMember({ name, member, attempt, onLeaderless }: MemberOptions): Member {
  const group = new BroadcastChannel(name);
  const line = new BroadcastChannel(`${name} ${member}`);
  /** Topics that the hub has let this tab have. */
  let granted: string | undefined;
  const say = (message: ToGroup): void => group.postMessage(message);

  return {
    attempt: (options, { signal }) => new Promise((resolve) => take(options, signal, resolve)),
    stop() {
      group.close();
      line.close();
    },
  };

  function take(options: SharedAttemptOptions, signal: AbortSignal, resolve: (end: End) => void): void {
    const { environment, delivery, topics, onStatus, onError, onRead } = options;
    const wanted = JSON.stringify(topics ?? "");
    const ended = new Set<unknown>();
    let position = options.lastEventId;
    let term = 0;
    /** Where the leader began to tell; undefined as long as it does not. */
    let at: string | undefined;
    let own: AbortController | undefined;
    let messages: ToMember[] = [];
    let isReading = false;
    let isOver = false;
    let isToldLive = false;
    let missed = 0;
    let stopTicking = (): void => {};
    let stopWaiting = (): void => {};

    const finish = (end: End): void => {
      if (isOver) return;
      isOver = true;
      stopTicking();
      stopWaiting();
      own?.abort();
      group.onmessage = line.onmessage = null;
      signal.removeEventListener("abort", cancel);
      say({ type: "leave", member });
      resolve(end);
    };
    const cancel = (): void => finish({});
    signal.addEventListener("abort", cancel);

    group.onmessage = ({ data }: MessageEvent<ToGroup>) => {
      if (data.type !== "leads" || data.term <= term) return;
      term = data.term;
      missed = 0;
      rejoin();
    };
    line.onmessage = ({ data }: MessageEvent<ToMember>) => {
      if (data.term < term) return;
      term = data.term;
      missed = 0;
      if (data.type !== "pong") {
        messages.push(data);
        void read();
      } else if (!data.isSeated) rejoin();
    };

    if (granted === wanted && position !== "") join();
    else void catchUp();
    tick();

    function tick(): void {
      // Tabs that miss the same leader do not all reach for its place at once.
      stopTicking = environment.after(PING * (0.9 + 0.2 * environment.random()), () => {
        if (environment.isHidden() || (at === undefined && own !== undefined)) missed = 0;
        else {
          say({ type: "ping", member });
          if (at === undefined) tellStatus("connecting");
          if (++missed > MISSED) {
            missed = 0;
            onLeaderless();
          }
        }
        if (!isOver) tick();
      });
    }

    /** By a connection of its own, until history is through. */
    async function catchUp(): Promise<void> {
      const current = new AbortController();
      own = current;
      let isThrough = false;
      const tapped: Delivery = {
        ...delivery,
        get farewell() {
          return delivery.farewell;
        },
        onEvent(event: ParsedEvent) {
          const { id, event: type } = event;
          delivery.onEvent(event);
          if (id !== "") position = id;
          if (type === "tidings:end") ended.add(toEnded(event));
          if (type !== "tidings:live") return;
          isThrough = true;
          current.abort();
        },
        onId(id: string) {
          delivery.onId(id);
          position = id;
        },
      };
      const end = await attempt({ ...options, lastEventId: position, delivery: tapped }, current);
      await delivery.pending();
      own = undefined;
      if (isOver) return;
      if (!isThrough) {
        finish(end);
        return;
      }
      granted = wanted;
      isToldLive = true;
      if (at === undefined) join();
      else if (hasReached()) void read();
      else {
        // Of two lineages, as around a restart of the hub: not comparable, and soon over.
        at = undefined;
        stopWaiting = environment.after(PING, rejoin);
      }
    }

    function join(): void {
      at = undefined;
      messages = [];
      missed = 0;
      say({ type: "join", member, topics, cursor: position });
    }

    function rejoin(): void {
      at = undefined;
      if (own === undefined && !isReading) join();
    }

    function hasReached(): boolean {
      return at !== undefined && isAtOrBefore(at, position);
    }

    /** One message after the other, none while the tab catches up. */
    async function read(): Promise<void> {
      if (isReading) return;
      isReading = true;
      while (own === undefined && !isOver) {
        const message = messages.shift();
        if (message === undefined) break;
        if (message.term !== term) continue;
        if (message.type === "joined") joined(message);
        else if (message.type === "items") {
          if (at === undefined) continue;
          for (const item of message.items) if (!isOver) feed(item);
          await delivery.pending();
          if (!isOver) await onRead();
          if (!isOver) say({ type: "taken", member, count: message.items.length });
        } else if (message.type === "behind") {
          at = undefined;
        } else {
          // Whether that is so for this tab too, a connection of its own tells.
          granted = undefined;
          finish({ isClean: true, status: 200 });
        }
        if (at === undefined && message.type !== "joined") break;
      }
      isReading = false;
      if (at === undefined && own === undefined && !isOver && granted === wanted) join();
    }

    function joined({ at: from, connection, heartbeat, isLive }: ToMember & { type: "joined" }): void {
      at = from;
      if (!hasReached()) {
        void catchUp();
        return;
      }
      control("open", { connection, heartbeat });
      if (isLive && !isToldLive) control("live", {});
      isToldLive = isLive;
      tellStatus("open");
    }

    function tellStatus(status: Status): void {
      if (status !== "open") isToldLive = false;
      onStatus(status);
    }

    function control(type: string, told: object): void {
      delivery.onEvent({ id: position, event: `tidings:${type}`, topic: undefined, data: JSON.stringify(told) });
    }

    function feed(item: Item): void {
      if (item.type === "status") tellStatus(item.status);
      else if (item.type === "comment") delivery.onComment(item.text);
      else if (item.type === "error") onError(new ClientError(item.error.code, item.error.message, item.error));
      else if (item.type === "id") {
        if (isAtOrBefore(item.id, position)) return;
        position = item.id;
        delivery.onId(position);
      } else feedEvent(item.event);
    }

    function feedEvent(event: ParsedEvent): void {
      const { id, topic, event: type } = event;
      const isOld = isAtOrBefore(id, position);
      const isControl = type.startsWith("tidings:");
      if (isOld && (topic !== undefined || type === "tidings:gap")) return;
      if (type === "tidings:end") {
        const over = toEnded(event);
        if (ended.has(over)) return;
        ended.add(over);
      }
      if (!isOld && id !== "" && (topic !== undefined || isControl)) position = id;
      delivery.onEvent(isControl && id !== "" ? { ...event, id: position } : event);
      // What the hub would say to a connection of these topics alone.
      if (delivery.farewell === "leave") finish({ isFinal: true, status: 200 });
      else if (topics?.every((each) => ended.has(each))) finish({ isFinal: true, status: 204 });
    }
  }
}

function toEnded({ data }: ParsedEvent): string {
  return (JSON.parse(data) as { topic: string }).topic;
}
