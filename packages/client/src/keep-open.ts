import { backoff, DEFAULT_MAX_DELAY } from "./backoff.ts";
import type { About, Core } from "./core.ts";
import { isHidden, type Page } from "./environment.ts";
import { ClientError } from "./errors.ts";

/** What keeps a stream open. */
export interface Keeper {
  /** Connects anew, now, instead of whatever is going on. */
  start(): void;
  /** Connects anew, unless it waits to do so. */
  renew(): void;
  /**
   * Looks whether a connection is wanted: not while the page is hidden or has been left, or there are no topics. Cuts and
   * waits, or connects anew, where that has changed, and returns whether it has.
   */
  look(): boolean;
  /** Cuts, and lets go of the page. */
  stop(): void;
}

/** A stream that was open for so long was healthy, and backing off starts anew. In milliseconds. */
const HEALTHY = 5000;

/** Keeps a stream open: one attempt after another, each when it makes sense. Does nothing before it is started. */
export function createKeeper(
  core: Core,
  attempt: (about: About, controller: AbortController) => Promise<boolean>,
): Keeper {
  const { environment, options, change } = core;
  const { now, after, page } = environment;
  const { method = "get", headers, maxDelay = DEFAULT_MAX_DELAY } = options;
  /** Whether a request may be sent again by itself. */
  const isRepeatable = options.idempotent ?? /^get$/i.test(method);
  const life = new AbortController();
  let controller: AbortController | undefined;
  let stopWaiting: (() => void) | undefined;
  let number = 0;
  let failures = 0;
  let wasOffline = false;
  let hasLeft = false;
  let isPaused = false;

  function halt(): void {
    stopWaiting?.();
    const halted = controller;
    stopWaiting = controller = undefined;
    halted?.abort();
    core.live = false;
  }

  function start(): void {
    halt();
    const { signal } = life;
    if (isPaused) change("waiting");
    else if (!signal.aborted) {
      const current = new AbortController();
      controller = current;
      change("connecting");
      // A listener may have closed it, or started another.
      if (controller === current) run(current);
    }
  }

  function run(current: AbortController): void {
    const since = now();
    const lastStatus = core.status;
    core.status = undefined;
    wasOffline = false;

    function conclude(isOver: boolean, error?: ClientError): void {
      if (controller !== current) return;
      halt();
      const { status, isFruitful, farewell } = core;
      // A long answer, or one that ended in order and was not in vain: so do servers that close after each event.
      if (status === 200 && (now() - since >= HEALTHY || (!error && isFruitful))) failures = 0;
      failures++;
      const asksAgain = status === 401 && lastStatus !== 401 && isRepeatable && typeof headers === "function";
      const code = error?.status;
      if (isOver || !isRepeatable || (code && code !== 429 && code < 500 && !asksAgain)) {
        const isCut = error && !code && !isRepeatable;
        change(
          "closed",
          isCut ? new ClientError("not_idempotent", "Cut, and not to be sent again.", { cause: error }) : error,
        );
        return;
      }
      change(undefined, error ?? (farewell ? error : new ClientError("network", "The server closed without a word.")));
      // Whoever was told may have closed it, or started another.
      if (life.signal.aborted || controller || stopWaiting) return;
      // Where it is not known which topics there were, the next answer tells whether that was the last of them.
      if (asksAgain || (farewell === "end" && failures === 1)) start();
      else {
        wait(Math.max(backoff(core, failures), error?.retryAfter ?? 0));
      }
    }

    attempt({ number: ++number, lastStatus }, current).then(conclude, (error) => conclude(false, error));
  }

  function wait(delay: number): void {
    stopWaiting?.();
    const isOnline = page.navigator?.onLine !== false;
    // Browsers are wrong about it at times, so that a try now and then is due.
    stopWaiting = after(isOnline ? delay : Math.max(delay, maxDelay), start);
    change(isOnline ? "waiting" : "offline");
  }

  function look(): boolean {
    const isUnseen = isRepeatable && options.hidden === "pause" && isHidden(page);
    const wasPaused = isPaused;
    isPaused = hasLeft || isUnseen || core.topics?.length === 0;
    if (isPaused === wasPaused) return false;
    start();
    return true;
  }

  const on = (type: Parameters<NonNullable<Page["addEventListener"]>>[0], listener: () => void): void =>
    page.addEventListener?.(type, listener, life);

  on("offline", () => {
    wasOffline = true;
    if (stopWaiting) wait(maxDelay);
  });
  on("online", () => {
    // What was open before the network went may never hear of its end.
    if (stopWaiting || (wasOffline && isRepeatable)) start();
  });
  // What is cut by leaving is resumed by coming back, unless it may not be sent again.
  if (isRepeatable) {
    for (const type of ["pagehide", "pageshow"] as const) {
      on(type, () => {
        hasLeft = type === "pagehide";
        look();
      });
    }
    on("visibilitychange", look);
  }

  return {
    start,
    look,
    renew() {
      if (!stopWaiting) start();
    },
    stop() {
      life.abort();
      halt();
    },
  };
}
