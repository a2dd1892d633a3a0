/** What the engine takes from the world: time, chance and the event loop. Tests bring their own. */
export interface Runtime {
  /** Milliseconds since 1970. */
  now(): number;
  /** From 0 up to, not including, 1. */
  random(): number;
  /** Runs `task` at the end of this turn of the event loop, after all input that is ready now has been handled. */
  atEndOfTurn(task: () => void): void;
  /** Milliseconds of a clock that nobody sets, from any start, as finely as there is one: for how long something took. */
  elapsed(): number;
  /** Runs `task` once, after `milliseconds`, without keeping the process alive. Returns what stops it. */
  after(milliseconds: number, task: () => void): () => void;
  /** Runs `task` every `milliseconds`, without keeping the process alive. Returns what stops it. */
  every(milliseconds: number, task: () => void): () => void;
  /** Settles after `milliseconds`, or at once when `signal` fires, and leaves no timer behind in either case. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}
