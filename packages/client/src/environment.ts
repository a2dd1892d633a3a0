import { LONGEST } from "./times.ts";

/** All that a stream asks of the world beside `fetch`: time, chance, and the page it may be in. Tests have their own. */
export interface Environment {
  /** Milliseconds that only ever rise. */
  now(): number;
  /** From 0 up to, and without, 1. */
  random(): number;
  /** Calls back once, after so many milliseconds. Returns what stops it. */
  after(milliseconds: number, callback: () => void): () => void;
  readonly page: Page;
}

/** What differs between pages, workers, Node, Deno and Bun: each of these may be missing. */
export interface Page {
  readonly location?: { readonly href: string };
  /** Where there is none, there are no cross-origin rules. */
  readonly origin?: string;
  readonly navigator?: { readonly onLine?: boolean; readonly locks?: LockManager };
  /** What `visibilityState` says, in fewer bytes. */
  readonly document?: { readonly hidden: boolean };
  /** @throws where it is forbidden */
  readonly sessionStorage?: Pick<Storage, "getItem" | "setItem">;
  addEventListener?(
    type: "online" | "offline" | "visibilitychange" | "pagehide" | "pageshow",
    listener: () => void,
    options: { readonly signal: AbortSignal },
  ): void;
}

/** Browsers, workers, Node, Deno and Bun as they are. */
export const environment: Environment = {
  now: () => performance.now(),
  random: Math.random,
  after(milliseconds, callback) {
    const timer = setTimeout(callback, Math.min(milliseconds, LONGEST));
    return () => clearTimeout(timer);
  },
  page: globalThis,
};
