import { createStore, type Readable } from "./store.ts";

/** What was answered last. */
export interface Polled<T> {
  /** Absent until the first answer. What was known stays while the hub is away. */
  readonly value: T | undefined;
  /** Milliseconds since 1970 of the answer. */
  readonly at: number;
  /** Why there was no newer answer. */
  readonly fault: string | undefined;
}

/** A question that is asked again and again while somebody wants to know and the page is seen. */
export interface Poll<T> extends Readable<Polled<T>> {
  /** Asks now. */
  refresh(): void;
}

/** Milliseconds between two questions. Live enough for counts, little enough for a hub with thousands of topics. */
const INTERVAL = 2_000;

/** Starts when somebody subscribes, stops when nobody does. */
export function createPoll<T>(ask: () => Promise<T>): Poll<T> {
  const store = createStore<Polled<T>>({ value: undefined, at: 0, fault: undefined });
  let watching = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = false;
  let askAgain = false;

  async function refresh(): Promise<void> {
    askAgain = asking;
    if (asking) return;
    asking = true;
    clearTimeout(timer);
    try {
      store.set({ value: await ask(), at: Date.now(), fault: undefined });
    } catch (error) {
      store.set({ ...store.get(), fault: error instanceof Error ? error.message : String(error) });
    }
    asking = false;
    if (watching === 0) return;
    timer = setTimeout(askIfSeen, askAgain ? 0 : INTERVAL);
  }

  function askIfSeen(): void {
    if (document.visibilityState === "visible") void refresh();
  }

  return {
    get: store.get,
    subscribe(listener) {
      const leave = store.subscribe(listener);
      if (watching++ === 0) {
        document.addEventListener("visibilitychange", askIfSeen);
        void refresh();
      }
      return () => {
        leave();
        if (--watching > 0) return;
        document.removeEventListener("visibilitychange", askIfSeen);
        clearTimeout(timer);
      };
    },
    refresh: () => void refresh(),
  };
}
