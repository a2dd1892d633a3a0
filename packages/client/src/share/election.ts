/** Standing for the leadership of a group of tabs. */
export interface Election {
  /** Stands, if it does not yet. */
  start(): void;
  /** Takes the leadership from a leader that does not answer. */
  steal(): void;
  /** Gives the leadership up, and stands again behind all others. */
  resign(): void;
  /** Gives the leadership up, or the wish for it. */
  stop(): void;
}

/**
 * Elects by a lock: who holds it leads, and the browser passes it on when its tab is closed or crashes. One who wakes up to
 * find it stolen stops leading at once.
 *
 * @param lead starts to lead; returns what stops it, also twice
 * @see https://w3c.github.io/web-locks/
 */
export function stand(locks: LockManager, name: string, lead: () => () => void): Election {
  let standing: AbortController | undefined;

  function run(steal: boolean): void {
    const controller = new AbortController();
    const { signal } = controller;
    standing = controller;
    let stopLeading = (): void => {};
    const hold = (): Promise<void> =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        stopLeading = lead();
        signal.onabort = () => {
          stopLeading();
          resolve();
        };
      });
    locks
      .request(name, steal ? { steal } : { signal }, hold)
      .catch(() => {})
      .then(() => {
        stopLeading();
        if (standing === controller) run(false);
      });
  }

  function resign(): void {
    standing?.abort();
  }

  function stop(): void {
    resign();
    standing = undefined;
  }

  return {
    start() {
      if (!standing) run(false);
    },
    steal() {
      stop();
      run(true);
    },
    resign,
    stop,
  };
}
