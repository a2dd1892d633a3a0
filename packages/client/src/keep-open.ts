import { backoff } from "./backoff.ts";
import type { About, Core } from "./core.ts";
import type { Page } from "./environment.ts";
import { ClientError, toError } from "./errors.ts";
import { DEFAULT_MAX_DELAY, HEALTHY } from "./times.ts";

/** What keeps a stream open. */
export interface Keeper {
  /** Connects anew, now, instead of whatever is going on. */
  start(): void;
  /**
   * Looks whether a connection is wanted: not while there are no topics, or, unless it may not be sent again, the page is hidden
   * or has been left. Cuts and waits, or connects anew, where that has changed, or what is wanted is another one.
   */
  look(isOther?: boolean): void;
}

/** Keeps a stream open: one attempt after another, each when it makes sense. Does nothing before it is started. */
export function createKeeper(
  core: Core,
  attempt: (about: About, controller: AbortController) => Promise<boolean>,
): Keeper {
  const { environment, options, change, life } = core;
  const { now, after, page } = environment;
  const { method = "get", headers, maxDelay = DEFAULT_MAX_DELAY, idempotent = /^get$/i.test(method) } = options;
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

  async function start(): Promise<void> {
    halt();
    if (life.aborted) return;
    if (isPaused) return change("waiting");
    const current = new AbortController();
    controller = current;
    change("connecting");
    // A listener may have closed it, or started another.
    if (controller !== current) return;
    const since = now();
    const lastStatus = core.status;
    core.status = undefined;
    wasOffline = false;
    let error: ClientError | undefined;
    const isOver = await attempt({ number: ++number, lastStatus }, current).catch((cause) => {
      error = toError(cause);
    });
    if (controller !== current) return;
    halt();
    const { status, isFruitful, farewell } = core;
    // A long answer, or one that ended in order and was not in vain: so do servers that close after each event.
    if (status === 200 && (now() - since >= HEALTHY || (!error && isFruitful))) failures = 0;
    failures++;
    const asksAgain = status === 401 && lastStatus !== 401 && typeof headers === "function";
    const code = error?.status;
    if (isOver || !idempotent || (code && code !== 429 && code < 500 && !asksAgain)) {
      const isCut = error && !code && !idempotent;
      return change(
        "closed",
        isCut ? new ClientError("not_idempotent", "Cut, and not sent again.", { cause: error }) : error,
      );
    }
    if (!farewell) error ??= new ClientError("network", "The server closed.");
    change(undefined, error);
    // Whoever was told may have closed it, or started another.
    if (life.aborted || controller || stopWaiting) return;
    // Where it is not known which topics there were, the next answer tells whether that was the last of them.
    if (asksAgain || (farewell === "end" && failures === 1)) start();
    else wait(Math.max(backoff(core, failures), error?.retryAfter ?? 0));
  }

  function wait(delay: number): void {
    stopWaiting?.();
    const isOnline = page.navigator?.onLine !== false;
    // Browsers are wrong about it at times, so that a try now and then is due.
    stopWaiting = after(isOnline ? delay : Math.max(delay, maxDelay), start);
    change(isOnline ? "waiting" : "offline");
  }

  function look(isOther?: boolean): void {
    const isAway = hasLeft || (options.hidden === "pause" && page.document?.hidden);
    const wasPaused = isPaused;
    isPaused = (idempotent && isAway) || core.topics?.length === 0;
    // A wait goes on, and the attempt after it asks for them.
    if (isPaused !== wasPaused || (isOther && !stopWaiting)) start();
  }

  const on = (type: Parameters<NonNullable<Page["addEventListener"]>>[0], listener: () => void): void =>
    page.addEventListener?.(type, listener, { signal: life });

  on("offline", () => {
    wasOffline = true;
    if (stopWaiting) wait(maxDelay);
  });
  on("online", () => {
    // What was open before the network went may never hear of its end.
    if (stopWaiting || (wasOffline && idempotent)) start();
  });
  on("pagehide", () => {
    hasLeft = true;
    look();
  });
  on("pageshow", () => {
    hasLeft = false;
    look();
  });
  on("visibilitychange", () => look());

  life.addEventListener("abort", halt);

  return { start, look };
}
