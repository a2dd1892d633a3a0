import { attempt } from "../attempt.ts";
import type { Deliver, MakeAttempt } from "../core.ts";
import { ClientError } from "../errors.ts";
import { isAtOrBefore } from "../position.ts";
import type { Status } from "../types.ts";
import type { Election } from "./election.ts";
import type { Item, ToGroup, ToMember } from "./messages.ts";

/** What lasts from one attempt of a tab to the next. */
export interface MemberOptions {
  readonly name: string;
  readonly member: string;
  readonly election: Election;
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
export function createMember({ name, member, election }: MemberOptions): MakeAttempt {
  /** Topics that the hub has let this tab have. */
  let granted: readonly string[] | undefined | null = null;

  return (core, about, deliver, { signal }) =>
    new Promise((resolve) => {
      const { environment, topics, change, onRead } = core;
      const group = new BroadcastChannel(name);
      const line = new BroadcastChannel(`${name} ${member}`);
      const say = (message: ToGroup): void => group.postMessage(message);
      let term = 0;
      /** Where the leader began to tell; undefined as long as it does not. */
      let at: string | undefined;
      let own: AbortController | undefined;
      let joins = 0;
      let isOver = false;
      let missed = 0;
      let stopTicking = (): void => {};
      let last = Promise.resolve();

      /** One thing after the other: no message is heard while the tab catches up. */
      const inTurn = (task: () => void | Promise<void>): void => {
        last = last.then(() => (isOver ? undefined : task())).catch((cause) => finish(Promise.reject(cause)));
      };
      const finish = (end: End): void => {
        if (isOver) return;
        isOver = true;
        stopTicking();
        own?.abort();
        say({ type: "leave", member });
        group.close();
        line.close();
        resolve(end);
      };
      signal.addEventListener("abort", () => finish(false));

      group.onmessage = line.onmessage = ({ data }: MessageEvent<ToGroup | ToMember>) => {
        if (!("term" in data && data.term >= term)) return;
        missed = 0;
        if (data.term > term) {
          term = data.term;
          join();
        }
        inTurn(() => hear(data));
      };

      // Cut before all this was loaded.
      if (signal.aborted) return finish(false);
      election.start();
      if (granted !== topics || !core.lastEventId) inTurn(catchUp);
      join();
      tick();

      function tick(): void {
        // Tabs that miss the same leader do not all reach for its place at once.
        stopTicking = environment.after(PING * (0.9 + 0.2 * environment.random()), () => {
          if (!own) {
            hello();
            if (at === undefined) changeTo("connecting");
            missed = environment.page.document?.hidden ? 0 : missed + 1;
            if (missed > MISSED) {
              missed = 0;
              election.steal();
            }
          }
          if (!isOver) tick();
        });
      }

      function hello(taken = 0): void {
        say({ type: "here", member, joins, topics, cursor: core.lastEventId, taken });
      }

      function join(): void {
        at = undefined;
        joins++;
        inTurn(hello);
      }

      /** By a connection of its own, until history is through. */
      async function catchUp(): Promise<void> {
        const current = new AbortController();
        own = current;
        core.live = false;
        const recall: Deliver = (item) => {
          const delivered = deliver(item);
          if (core.live) current.abort();
          return delivered;
        };
        const end = attempt(core, about, recall, current);
        await end.catch(() => {});
        current.abort();
        own = undefined;
        if (!core.live) return finish(end);
        granted = topics;
        // Cut in the middle of a chunk, the attempt did not say so of it.
        await onRead();
      }

      async function hear(message: ToMember): Promise<void> {
        if (message.term !== term) return;
        if (message.type === "joined") {
          if (message.joins !== joins) return;
          at = message.lastEventId;
          if (!isAtOrBefore(at, core.lastEventId)) await catchUp();
          if (isOver || at === undefined) return;
          if (isAtOrBefore(at, core.lastEventId)) {
            control("open", { ...JSON.parse(message.opened), topics });
            if (message.live && !core.live) control("live", {});
            return changeTo("open");
          }
          // Of two lineages, as around a restart of the hub: not comparable, and soon over. Joins with the next tick.
          at = undefined;
          joins++;
        } else if (message.type === "items") {
          if (at === undefined) return;
          for (const item of message.items) {
            await feed(item);
            if (isOver) return;
          }
          await onRead();
          if (!isOver) hello(message.items.length);
        } else if (message.type === "refused") {
          // Whether that is so for this tab too, a connection of its own tells.
          granted = null;
          core.farewell = "bye";
          finish(false);
        }
      }

      function control(type: string, told: object): void {
        void deliver({ id: core.lastEventId, event: `tidings:${type}`, topic: undefined, data: JSON.stringify(told) });
      }

      function changeTo(status: Status): void {
        if (status !== "open") core.live = false;
        change(status);
      }

      function feed(item: Item): void | Promise<void> {
        if ("status" in item) return changeTo(item.status);
        if ("error" in item) return change(undefined, new ClientError(item.error.code, item.error.message, item.error));
        const { id, event, topic } = item;
        const isOld = isAtOrBefore(id, core.lastEventId);
        // A topic that has ended is told of anew with each connection. A gap goes on below what is held of any topic, and so may
        // begin behind this tab and reach beyond it.
        if (event === "tidings:end" ? core.ended.has(topic as string) : isOld && topic) return;
        const delivered = deliver(isOld ? { ...item, id: core.lastEventId } : item);
        if (core.farewell === "leave") finish(true);
        return delivered;
      }
    });
}
