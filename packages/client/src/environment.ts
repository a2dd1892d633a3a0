/** What a page is told of itself and of its network, by the names of the events. */
export type EnvironmentEvent = "online" | "offline" | "visibilitychange" | "pagehide" | "pageshow";

/** All that a stream asks of the world beside `fetch`: time, chance, and the page it may be in. Tests have their own. */
export interface Environment {
  /** Milliseconds that only ever rise. */
  now(): number;
  /** Milliseconds since 1970. */
  date(): number;
  /** From 0 up to, and without, 1. */
  random(): number;
  /** Calls back once, after so many milliseconds. Returns what stops it. */
  after(milliseconds: number, callback: () => void): () => void;
  /** What relative addresses are relative to; undefined where there is no page and no worker. */
  base(): string | undefined;
  /** The origin that requests come from; undefined where there is none, and so no cross-origin rules. */
  origin(): string | undefined;
  /** False if the network is known to be away. */
  isOnline(): boolean;
  isHidden(): boolean;
  /** Returns what stops it. */
  on(type: EnvironmentEvent, listener: (event: Event) => void): () => void;
  /** Undefined where there is none. @throws where it is forbidden */
  storage(): Pick<Storage, "getItem" | "setItem" | "removeItem"> | undefined;
}

/** What differs between pages, workers, Node, Deno and Bun: each of these may be missing. */
const world: Partial<Pick<Window, "location" | "origin" | "document" | "addEventListener" | "removeEventListener">> & {
  navigator?: { readonly onLine?: boolean };
  sessionStorage?: Storage;
} = globalThis;

/** Timers that are to wait for longer go off at once. About 25 days. */
const LONGEST = 2 ** 31 - 1;

/** Browsers, workers, Node, Deno and Bun as they are. */
export const environment: Environment = {
  now: () => performance.now(),
  date: () => Date.now(),
  random: () => Math.random(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, Math.min(milliseconds, LONGEST));
    return () => clearTimeout(timer);
  },
  base: () => world.location?.href,
  origin: () => world.origin,
  isOnline: () => world.navigator?.onLine !== false,
  isHidden: () => world.document?.visibilityState === "hidden",
  on(type, listener) {
    world.addEventListener?.(type, listener);
    return () => world.removeEventListener?.(type, listener);
  },
  storage: () => world.sessionStorage,
};
