import type { Environment } from "./environment.ts";

/** Notices that nothing comes any more. */
export interface Watchdog {
  /** Starts over, with a limit in milliseconds; undefined for none. */
  watch(limit: number | undefined): void;
  stop(): void;
}

/** Creates a watchdog that is not watching yet. */
export function createWatchdog(environment: Environment, bark: () => void): Watchdog {
  let stop = (): void => {};
  return {
    watch(limit) {
      stop();
      if (limit !== undefined) stop = environment.after(limit, bark);
    },
    stop: () => stop(),
  };
}
