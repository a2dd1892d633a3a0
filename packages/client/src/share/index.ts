import type { AttemptOptions, End } from "../attempt.ts";
import type { Environment } from "../environment.ts";
import type { ConnectOptions, EventStream } from "../types.ts";
import { type Election, stand } from "./election.ts";
import { lead } from "./leader.ts";
import { createMember, type SharedAttemptOptions } from "./member.ts";

/** What sharing needs of the stream that shares. */
export interface SharingOptions {
  readonly environment: Environment;
  readonly url: string;
  /** Its own; those of the stream that leads are what the shared connection is opened with. */
  readonly options: ConnectOptions<never>;
  readonly attempt: (options: AttemptOptions, controller: AbortController) => Promise<End>;
  /** Opens the shared connection. */
  readonly open: (options: ConnectOptions) => EventStream;
}

/** Makes attempts that share, as long as the stream lives. */
export interface Sharing {
  attempt(options: SharedAttemptOptions, controller: AbortController): Promise<End>;
  stop(): void;
}

/** Shares with the tabs of the same origin, address and identity; not at all where the platform has no means to. */
export async function createSharing(options: SharingOptions): Promise<Sharing> {
  const { environment, url, attempt } = options;
  // What differs from tab to tab is each tab's own affair.
  const { share, persist, schema, signal, hidden, topics: own, ...rest } = options.options;
  const open = (topics: readonly string[] | undefined, lastEventId: string): EventStream =>
    options.open({ ...rest, ...(topics !== undefined && { topics }), lastEventId, raw: true });
  const alone: Sharing = { attempt, stop() {} };
  const origin = environment.origin();
  const { locks } = (globalThis.navigator ?? {}) as Partial<Navigator>;
  // Node has locks and the rest too, but no tabs. An opaque origin is shared with nobody.
  if (origin === undefined || origin === "null") return alone;
  if (locks === undefined || globalThis.BroadcastChannel === undefined) return alone;

  const name = `tidings ${JSON.stringify([url, options.options.identity])}`;
  const member = crypto.randomUUID();
  let leaveGroup = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      const hold = (): Promise<void> =>
        new Promise((release) => {
          leaveGroup = release;
          resolve();
        });
      locks.request(`${name} ${member}`, hold).catch(reject);
    });
  } catch {
    return alone;
  }

  let election: Election | undefined;
  const enter = (): void => {
    election ??= stand(locks, name, () => lead({ environment, locks, name, open, onOver: () => election?.resign() }));
  };
  const exit = (): void => {
    election?.stop();
    election = undefined;
  };
  const taking = createMember({ name, member, attempt, onLeaderless: () => election?.steal() });
  const stopListening = environment.on("pagehide", exit);
  return {
    async attempt(attemptOptions, controller) {
      // Cut before all this was loaded.
      if (controller.signal.aborted) return {};
      enter();
      return taking.attempt(attemptOptions, controller);
    },
    stop() {
      stopListening();
      exit();
      taking.stop();
      leaveGroup();
    },
  };
}
