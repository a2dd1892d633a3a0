import type { ParsedEvent } from "@tidings/wire";
import type { Core, MakeAttempt } from "../core.ts";
import type { ConnectOptions, EventStream } from "../types.ts";
import { type Election, stand } from "./election.ts";
import { lead } from "./leader.ts";
import { createMember } from "./member.ts";

/** Opens the shared connection; `look` sees all that comes, when it has been dealt with. */
export type Open = (options: ConnectOptions, look: (item: ParsedEvent) => void) => EventStream;

/** Makes attempts that share, as long as the stream lives. */
export interface Sharing {
  readonly attempt: MakeAttempt;
  stop(): void;
}

/** Shares with the tabs of the same origin, address and identity. Undefined where the platform has no means to. */
export async function createSharing({ environment, base, options }: Core, open: Open): Promise<Sharing | undefined> {
  const { page } = environment;
  const { origin } = page;
  const locks = page.navigator?.locks;
  // Node has locks and the rest too, but no tabs. An opaque origin is shared with nobody.
  if (origin === undefined || origin === "null") return undefined;
  if (locks === undefined || globalThis.BroadcastChannel === undefined) return undefined;

  const name = `tidings ${JSON.stringify([base, options.identity])}`;
  const member = crypto.randomUUID();
  let leaveGroup = (): void => {};
  const isIn = await new Promise<boolean>((resolve) => {
    const hold = (): Promise<void> =>
      new Promise((release) => {
        leaveGroup = release;
        resolve(true);
      });
    locks.request(`${name} ${member}`, hold).catch(() => resolve(false));
  });
  if (!isIn) return undefined;

  // What differs from tab to tab is each tab's own affair.
  const { share, persist, schema, signal, hidden, topics: own, ...rest } = options;
  let election: Election | undefined;
  const enter = (): void => {
    election ??= stand(locks, name, () =>
      lead({
        environment,
        locks,
        name,
        open: (topics, lastEventId, look) =>
          open({ ...rest, ...(topics !== undefined && { topics }), lastEventId, raw: true }, look),
        onOver: () => election?.resign(),
      }),
    );
  };
  const exit = (): void => {
    election?.stop();
    election = undefined;
  };
  const taking = createMember({ name, member, onLeaderless: () => election?.steal() });
  const life = new AbortController();
  page.addEventListener?.("pagehide", exit, life);
  return {
    async attempt(core, about, deliver, controller) {
      // Cut before all this was loaded.
      if (controller.signal.aborted) return false;
      enter();
      return taking.attempt(core, about, deliver, controller);
    },
    stop() {
      life.abort();
      exit();
      taking.stop();
      leaveGroup();
    },
  };
}
