/** Standing for the leadership of a group of tabs. */
export interface Election {
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
 * @param lead starts to lead; returns what stops it
 * @see https://w3c.github.io/web-locks/
 */
export function stand(locks: LockManager, name: string, lead: () => () => void): Election {
  let isWanted: AbortController | undefined;
  let letGo = (): void => {};

  function run(steal: boolean): void {
    const wanted = new AbortController();
    isWanted = wanted;
    let stopLeading = (): void => {};
    const hold = (): Promise<void> | undefined => {
      if (isWanted !== wanted) return undefined;
      return new Promise((resolve) => {
        const stop = lead();
        stopLeading = () => {
          stopLeading = () => {};
          stop();
        };
        letGo = () => {
          stopLeading();
          resolve();
        };
      });
    };
    void locks
      .request(name, steal ? { steal } : { signal: wanted.signal }, hold)
      .catch(() => {})
      .then(() => {
        stopLeading();
        if (isWanted === wanted) run(false);
      });
  }

  function stop(): void {
    const wanted = isWanted;
    isWanted = undefined;
    wanted?.abort();
    letGo();
  }

  run(false);
  return {
    steal() {
      stop();
      run(true);
    },
    resign: () => letGo(),
    stop,
  };
}
