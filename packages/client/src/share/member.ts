import { attempt, toError } from "../attempt.ts";
import type { About, Core, Deliver, MakeAttempt } from "../core.ts";
import { isHidden } from "../environment.ts";
import { ClientError } from "../errors.ts";
import { isAtOrBefore } from "../position.ts";
import type { Status } from "../types.ts";
import type { Item, ToGroup, ToMember } from "./messages.ts";

/** What lasts from one attempt of a tab to the next. */
export interface MemberOptions {
  readonly name: string;
  readonly member: string;
  /** The leader does not answer. */
  readonly onLeaderless: () => void;
}

/** One who takes part. */
export interface Member {
  readonly attempt: MakeAttempt;
  stop(): void;
}

/** How an attempt ended: see {@link MakeAttempt}. */
type End = boolean | Promise<boolean>;

/** How often a leader is asked whether it is there, in milliseconds, and how often in vain: in all less than a second. */
const PING = 250;
const MISSED = 2;

/**
 * Takes part in a shared connection. The first thing is a short connection of the tab's own, up to where history is through: it
 * brings what this tab has missed, and shows that the hub lets it have these topics. Then it joins, and what the leader tells
 * goes on after it; what was there already is dropped by its id.
 */
export function createMember({ name, member, onLeaderless }: MemberOptions): Member {
  const group = new BroadcastChannel(name);
  const line = new BroadcastChannel(`${name} ${member}`);
  /** Topics that the hub has let this tab have. */
  let granted: string | undefined;
  const say = (message: ToGroup): void => group.postMessage(message);

  return {
    attempt: (core, about, deliver, { signal }) =>
      new Promise((resolve) => take(core, about, deliver, signal, resolve)),
    stop() {
      group.close();
      line.close();
    },
  };

  function take(core: Core, about: About, deliver: Deliver, signal: AbortSignal, resolve: (end: End) => void): void {
    const { environment, topics, change, onRead } = core;
    const wanted = JSON.stringify(topics ?? "");
    const ended = new Set<string | undefined>();
    let term = 0;
    /** Where the leader began to tell; undefined as long as it does not. */
    let at: string | undefined;
    let own: AbortController | undefined;
    let joins = 0;
    let isOver = false;
    let isToldLive = false;
    let missed = 0;
    let stopTicking = (): void => {};
    let stopWaiting = (): void => {};
    let last = Promise.resolve();

    /** One thing after the other: no message is heard while the tab catches up. */
    const inTurn = (task: () => void | Promise<void>): void => {
      last = last.then(() => (isOver ? undefined : task())).catch((cause) => finish(Promise.reject(toError(cause))));
    };
    const finish = (end: End): void => {
      if (isOver) return;
      isOver = true;
      stopTicking();
      stopWaiting();
      own?.abort();
      group.onmessage = line.onmessage = null;
      say({ type: "leave", member });
      resolve(end);
    };
    signal.addEventListener("abort", () => finish(false));

    group.onmessage = ({ data }: MessageEvent<ToGroup>) => {
      if (data.type !== "leads" || data.term <= term) return;
      term = data.term;
      missed = 0;
      join();
    };
    line.onmessage = ({ data }: MessageEvent<ToMember>) => {
      if (data.term < term) return;
      term = data.term;
      missed = 0;
      if (data.type !== "pong") inTurn(() => hear(data));
      else if (!data.isSeated) join();
    };

    if (granted !== wanted || core.lastEventId === "") inTurn(catchUp);
    join();
    tick();

    function tick(): void {
      // Tabs that miss the same leader do not all reach for its place at once.
      stopTicking = environment.after(PING * (0.9 + 0.2 * environment.random()), () => {
        if (isHidden(environment.page) || (at === undefined && own !== undefined)) missed = 0;
        else {
          say({ type: "ping", member });
          if (at === undefined) changeTo("connecting");
          if (++missed > MISSED) {
            missed = 0;
            onLeaderless();
          }
        }
        if (!isOver) tick();
      });
    }

    function join(): void {
      at = undefined;
      const mine = ++joins;
      inTurn(() => {
        if (mine !== joins) return;
        missed = 0;
        say({ type: "join", member, topics, cursor: core.lastEventId });
      });
    }

    /** By a connection of its own, until history is through. */
    async function catchUp(): Promise<void> {
      const current = new AbortController();
      own = current;
      let isThrough = false;
      const recall: Deliver = (item) => {
        const delivered = deliver(item);
        if (item?.event === "tidings:end") ended.add(item.topic);
        isThrough ||= item?.event === "tidings:live";
        if (isThrough) current.abort();
        return delivered;
      };
      const end = attempt(core, about, recall, current);
      await end.catch(() => {});
      current.abort();
      own = undefined;
      if (!isThrough) return finish(end);
      granted = wanted;
      isToldLive = true;
    }

    async function hear(message: ToMember): Promise<void> {
      if (message.term !== term) return;
      if (message.type === "joined") {
        at = message.at;
        if (!hasReached()) await catchUp();
        if (isOver || at === undefined) return;
        if (hasReached()) return begin(message);
        // Of two lineages, as around a restart of the hub: not comparable, and soon over.
        at = undefined;
        stopWaiting = environment.after(PING, join);
      } else if (message.type === "items") {
        if (at === undefined) return;
        for (const item of message.items) {
          await feed(item);
          if (isOver) return;
        }
        await onRead();
        if (!isOver) say({ type: "taken", member, count: message.items.length });
      } else if (message.type === "behind") join();
      else {
        // Whether that is so for this tab too, a connection of its own tells.
        granted = undefined;
        core.farewell = "bye";
        finish(false);
      }
    }

    function hasReached(): boolean {
      return at !== undefined && isAtOrBefore(at, core.lastEventId);
    }

    function begin({ opened, isLive }: ToMember & { type: "joined" }): void {
      control("open", { ...JSON.parse(opened), topics });
      if (isLive && !isToldLive) control("live", {});
      isToldLive = isLive;
      changeTo("open");
    }

    function control(type: string, told: object): void {
      void deliver({ id: core.lastEventId, event: `tidings:${type}`, topic: undefined, data: JSON.stringify(told) });
    }

    function changeTo(status: Status): void {
      if (status !== "open") isToldLive = core.live = false;
      change(status);
    }

    function feed(item: Item): void | Promise<void> {
      if ("status" in item) return changeTo(item.status);
      if ("error" in item) return change(undefined, new ClientError(item.error.code, item.error.message, item.error));
      const { id, event, topic } = item;
      const isOld = isAtOrBefore(id, core.lastEventId);
      if (event === "tidings:end") {
        if (ended.has(topic)) return;
        ended.add(topic);
      } else if (isOld && (topic !== undefined || event === "tidings:gap")) return;
      const delivered = deliver(isOld ? { ...item, id: core.lastEventId } : item);
      if (core.farewell === "leave") finish(true);
      return delivered;
    }
  }
}
