import type { End } from "./attempt.ts";
import { backoff } from "./backoff.ts";
import type { Memory } from "./delivery.ts";
import type { Environment } from "./environment.ts";
import { ClientError } from "./errors.ts";
import type { Status } from "./types.ts";

/** Why no connection is wanted for now: the page is hidden, has been left, or there are no topics. */
export type Pause = "hidden" | "left" | "idle";

/** What keeps a stream open. */
export interface Keeper {
  /** Connects anew, now, instead of whatever is going on. */
  start(): void;
  /** Cuts, and waits until nothing is in the way. */
  pause(why: Pause): void;
  resume(why: Pause): void;
  /** Cuts, and lets go of the page. */
  stop(): void;
}

/** What it is told, and whom it tells. */
export interface KeeperOptions {
  readonly environment: Environment;
  readonly memory: Memory;
  readonly maxDelay: number;
  /** Whether a request may be sent again by itself. */
  readonly isRepeatable: boolean;
  /** Whether headers are asked for anew. */
  readonly hasFreshHeaders: boolean;
  readonly pausesWhenHidden: boolean;
  /** Makes one attempt. */
  readonly attempt: (
    about: { readonly number: number; readonly lastStatus: number | undefined },
    controller: AbortController,
  ) => Promise<End>;
  readonly onStatus: (status: Status) => void;
  readonly onError: (error: ClientError) => void;
  /** For good. */
  readonly onClosed: (error: ClientError | undefined) => void;
}

/** A stream that was open for so long was healthy, and backing off starts anew. In milliseconds. */
const HEALTHY = 5000;

/** Keeps a stream open: one attempt after another, each when it makes sense. Does nothing before it is started. */
export function createKeeper(options: KeeperOptions): Keeper {
  const { environment, memory, maxDelay, isRepeatable, attempt, onStatus, onError, onClosed } = options;
  const pauses = new Set<Pause>();
  let controller: AbortController | undefined;
  let stopWaiting: (() => void) | undefined;
  let number = 0;
  let lastStatus: number | undefined;
  let failures = 0;
  let wasOffline = false;
  let isStopped = false;

  function halt(): void {
    stopWaiting?.();
    stopWaiting = undefined;
    const halted = controller;
    controller = undefined;
    halted?.abort();
    memory.isLive = false;
  }

  function start(): void {
    halt();
    if (isStopped) return;
    if (pauses.size > 0) {
      onStatus("waiting");
      return;
    }
    const current = new AbortController();
    controller = current;
    wasOffline = false;
    onStatus("connecting");
    // A listener may have closed it, or started another.
    if (controller !== current) return;
    const since = environment.now();
    void attempt({ number: ++number, lastStatus }, current).then((end) => {
      if (controller !== current) return;
      halt();
      conclude(end, environment.now() - since);
    });
  }

  function conclude(end: End, duration: number): void {
    const { isFruitful, farewell, retry, isRetryTold: isTold } = memory;
    const { status, error, isClean, isFinal, retryAfter = 0 } = end;
    // A long answer, or one that ended in order and was not in vain: so do servers that close after each event.
    if (status === 200 && (duration >= HEALTHY || (isClean && isFruitful))) failures = 0;
    failures++;
    const asksAgain = status === 401 && lastStatus !== 401 && options.hasFreshHeaders && isRepeatable;
    lastStatus = status;

    if (isFinal && !asksAgain) {
      onClosed(error);
      return;
    }
    if (!isRepeatable) {
      onClosed(isClean ? undefined : toUnrepeated(error));
      return;
    }
    if (error !== undefined) onError(error);
    // Whoever was told may have closed it, or started another.
    if (isStopped || controller !== undefined || stopWaiting !== undefined) return;
    // If that was the last topic, the next answer is 204, and there is nothing to wait for.
    if (asksAgain || (farewell === "end" && failures === 1)) start();
    else wait(Math.max(backoff({ failures, retry, isTold, maxDelay, random: environment.random }), retryAfter));
  }

  function wait(delay: number): void {
    stopWaiting?.();
    const isOnline = environment.isOnline();
    // Browsers are wrong about it at times, so that a try now and then is due.
    stopWaiting = environment.after(isOnline ? delay : Math.max(delay, maxDelay), start);
    onStatus(isOnline ? "waiting" : "offline");
  }

  function pause(why: Pause): void {
    pauses.add(why);
    start();
  }

  function resume(why: Pause): void {
    if (pauses.delete(why)) start();
  }

  const stopListening = [
    environment.on("offline", () => {
      wasOffline = true;
      if (stopWaiting !== undefined) wait(maxDelay);
    }),
    environment.on("online", () => {
      // What was open before the network went may never hear of its end.
      if (stopWaiting !== undefined || (wasOffline && isRepeatable)) start();
    }),
  ];
  // What is cut by leaving is resumed by coming back, unless it may not be sent again.
  if (isRepeatable) {
    stopListening.push(
      environment.on("pagehide", () => pause("left")),
      environment.on("pageshow", () => resume("left")),
    );
    if (options.pausesWhenHidden) {
      const look = (): void => (environment.isHidden() ? pause("hidden") : resume("hidden"));
      stopListening.push(environment.on("visibilitychange", look));
      if (environment.isHidden()) pauses.add("hidden");
    }
  }

  return {
    start,
    pause,
    resume,
    stop() {
      isStopped = true;
      halt();
      for (const stop of stopListening) stop();
    },
  };
}

function toUnrepeated(cause: ClientError | undefined): ClientError {
  if (cause?.code === "http_status") return cause;
  return new ClientError("not_idempotent", "Cut, and not to be sent again.", { cause });
}
