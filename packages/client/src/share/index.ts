import type { ParsedEvent } from "@tidings/wire";
import type { Core, MakeAttempt } from "../core.ts";
import type { ConnectOptions, EventStream } from "../types.ts";
import { stand } from "./election.ts";
import { lead } from "./leader.ts";
import { createMember } from "./member.ts";

/** Opens the shared connection; `look` sees all that comes, when it has been dealt with. */
export type Open = (options: ConnectOptions<never>, look: (item: ParsedEvent) => void) => EventStream;

/**
 * Makes attempts that share with the tabs of the same origin, address and identity, as long as the stream lives. Undefined where
 * the platform has no means to.
 */
export async function createSharing(
  { environment, base, options, life }: Core,
  open: Open,
): Promise<MakeAttempt | undefined> {
  const { page } = environment;
  // Node has locks too, but no tabs. An opaque origin is given none. Wherever there are locks there is `BroadcastChannel`.
  const locks = page.origin && page.navigator?.locks;
  if (!locks) return undefined;

  const name = `tidings ${JSON.stringify([base, options.identity])}`;
  const member = crypto.randomUUID();
  const isIn = await new Promise<boolean>((resolve) => {
    const hold = (): Promise<void> =>
      new Promise((release) => {
        life.addEventListener("abort", release as () => void);
        resolve(true);
      });
    locks.request(`${name} ${member}`, { signal: life }, hold).catch(() => resolve(false));
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
  page.addEventListener?.("pagehide", election.stop, { signal: life });
  life.addEventListener("abort", election.stop);
  return createMember({ name, member, election });
}
