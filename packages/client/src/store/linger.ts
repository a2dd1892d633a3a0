import { environment } from "../environment.ts";
import { callSafely } from "../listeners.ts";

/** Milliseconds that something unused is kept: longer than StrictMode's second mount and a change of route take. */
const LINGER = 1_000;
/** Milliseconds within which tasks run together, so that what was let go together costs one reconnect. */
const TOGETHER = 100;

const waiting = new Map<() => void, number>();
let isTimed = false;

/** Runs a task about a second from now, in one turn with those that came shortly after it. Returns what cancels it. */
export function linger(task: () => void): () => void {
  waiting.set(task, environment.now() + LINGER);
  if (!isTimed) runIn(LINGER);
  return () => {
    waiting.delete(task);
  };
}

function runIn(milliseconds: number): void {
  isTimed = true;
  environment.after(milliseconds, run);
}

function run(): void {
  isTimed = false;
  const now = environment.now();
  // In the order in which they came, so in that in which they are due.
  for (const [task, due] of waiting) {
    if (due > now + TOGETHER) {
      runIn(due - now);
      return;
    }
    waiting.delete(task);
    callSafely(task, undefined);
  }
}
