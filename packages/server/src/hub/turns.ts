/**
 * Lets calls in one by one in the order in which they came, though some have to wait for something first: for the store to
 * open, for a schema that takes its time. Who has nothing to wait for, and nobody in front, goes in at once.
 */
export class Turns {
  readonly #signal: AbortSignal;
  /** What to tell those who wait, should it be over before their turn comes. */
  readonly #waiting = new Set<(reason: unknown) => void>();
  #last: Promise<unknown> = Promise.resolve();

  /** @param signal fires when nobody is to wait any more: for something that may never come */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => {
      for (const reject of this.#waiting) reject(signal.reason);
      this.#waiting.clear();
    });
  }

  /**
   * Calls `enter` when `before` has settled and it is its turn. Rejects if `before` does, and it is the next one's turn; or
   * with the reason for which the signal fires.
   */
  take<Result>(before: Promise<unknown> | undefined, enter: () => Promise<Result>): Promise<Result> {
    if (this.#signal.aborted || (before === undefined && this.#waiting.size === 0)) return enter();
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      const turn = this.#last.then(() => before);
      this.#last = turn.catch(() => {});
      turn.then(
        () => {
          // Nobody is let in twice: who has been told that it is over has left.
          if (this.#waiting.delete(reject)) resolve(enter());
        },
        (error) => {
          this.#waiting.delete(reject);
          reject(error);
        },
      );
    });
  }
}
