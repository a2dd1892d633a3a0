import { callSafely } from "../listeners.ts";

/** Milliseconds until a flush where frames are drawn but none comes: a hidden tab, an iframe that is not displayed. */
const SILENT_FRAME = 1_000;

let tasks = new Set<() => void>();
let frame: number;
let timer: ReturnType<typeof setTimeout> | undefined;

/**
 * Runs a task once before the next animation frame is drawn, however often it is asked for until then, together with all
 * others that were asked for: one render a frame, for the whole page.
 */
export function onFrame(task: () => void): void {
  if (tasks.size === 0) {
    // Where nothing is ever drawn, as in Node, at the next turn.
    frame = globalThis.requestAnimationFrame?.(flush);
    timer = setTimeout(flush, frame && SILENT_FRAME);
  }
  tasks.add(task);
}

function flush(): void {
  globalThis.cancelAnimationFrame?.(frame);
  clearTimeout(timer);
  const due = tasks;
  tasks = new Set();
  for (const task of due) callSafely(task);
}
