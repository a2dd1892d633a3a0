import type { Runtime } from "../ports/runtime.ts";

/** Milliseconds that those who come in have of a turn of the event loop: about as long as a turn of a busy hub is anyway. */
const SLICE = 2;

/** Steps a turn has at most: more than fit into a slice, few enough to be put off in no time. */
const STEPS = 64;

/**
 * Shares the event loop between live readers and those who come in, of whom ten thousand may be there at once
 * after a restart. Each asks for time first. While a turn has some left, and nobody waits, it goes on at
 * once; else it waits, in the order of coming, for a later turn, in which what is pending for live readers is flushed
 * before. Nothing waits for a clock: the next turn begins as soon as this one is over.
 */
export class Slices {
  readonly #runtime: Runtime;
  readonly #flush: () => void;
  /** Those who wait, from `#first` on: nothing is moved in it, however many there are. */
  #waiting: (() => void)[] = [];
  #first = 0;
  /** When this turn's first step began. */
  #began: number | undefined = undefined;
  #isArmed = false;

  /** @param flush writes what is pending for live readers */
  constructor(runtime: Runtime, flush: () => void) {
    this.#runtime = runtime;
    this.#flush = flush;
  }

  /** Steps that wait for their turn. */
  get waiting(): number {
    return this.#waiting.length - this.#first;
  }

  /** Asks for time for one step. Settles when there is some; undefined if that is now. */
  take(): Promise<void> | undefined {
    if (this.waiting === 0 && this.#hasTime()) return undefined;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#arm();
    });
  }

  #hasTime(): boolean {
    const now = this.#runtime.elapsed();
    this.#began ??= now;
    this.#arm();
    return now - this.#began < SLICE;
  }

  /** A task for each step, because what a step does goes on in microtasks, which are over only by the next task. */
  #arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    for (let steps = Math.min(this.waiting, STEPS); steps > 0; steps--) this.#runtime.atEndOfTurn(this.#step);
    this.#runtime.atEndOfTurn(this.#endTurn);
  }

  readonly #step = (): void => {
    if (this.waiting === 0) return;
    this.#flush();
    if (this.#hasTime()) this.#shift()();
  };

  #shift(): () => void {
    const next = this.#waiting[this.#first++] as () => void;
    // Those who have gone in are let go of, at the latest when they are most of the queue.
    if (this.#first > STEPS && this.#first * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
    return next;
  }

  readonly #endTurn = (): void => {
    this.#isArmed = false;
    this.#began = undefined;
    if (this.waiting > 0) this.#arm();
  };
}
