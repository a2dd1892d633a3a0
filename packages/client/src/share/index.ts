import type { ParsedEvent } from "@tidings/wire";
import type { Core, MakeAttempt } from "../core.ts";
import type { ConnectOptions, EventStream } from "../types.ts";
import { stand } from "./election.ts";
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
  // Node has locks too, but no tabs. An opaque origin is given none. Wherever there are locks there is `BroadcastChannel`.
  const locks = page.origin && page.navigator?.locks;
  if (!locks) return undefined;

  const name = `tidings ${JSON.stringify([base, options.identity])}`;
  const member = crypto.randomUUID();
  const life = new AbortController();
  const isIn = await new Promise<boolean>((resolve) => {
    const hold = (): Promise<void> =>
      new Promise((release) => {
        life.signal.onabort = () => release();
        resolve(true);
      });
    locks.request(`${name} ${member}`, hold).catch(() => resolve(false));
  });
  if (!isIn) return undefined;

  // What differs from tab to tab is each tab's own affair.
  const { share, persist, schema, signal, hidden, topics: own, ...rest } = options;
  const election = stand(locks, name, () =>
    lead({
      environment,
      locks,
      name,
      open: (topics, lastEventId, look) =>
        open({ ...rest, ...(topics.length > 0 && { topics }), lastEventId, raw: true }, look),
      onOver: election.resign,
    }),
  );
  page.addEventListener?.("pagehide", election.stop, life);
  return {
    attempt: createMember({ name, member, election }),
    stop() {
      life.abort();
      election.stop();
    },
  };
}
