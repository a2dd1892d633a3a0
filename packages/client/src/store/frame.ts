import { environment } from "../environment.ts";
import { callSafely } from "../listeners.ts";

/** Milliseconds until a flush where frames are drawn but none comes: a hidden tab, an iframe that is not displayed. */
const SILENT_FRAME = 1_000;
/** Milliseconds until a flush where nothing is ever drawn, as in Node: about a frame. */
const NO_FRAME = 16;

const tasks = new Set<() => void>();
let frame: number | undefined;
let cancelTimer: (() => void) | undefined;

/**
 * Runs a task once before the next animation frame is drawn, however often it is asked for until then, together with all
 * others that were asked for: one render a frame, for the whole page.
 */
export function onFrame(task: () => void): void {
  if (tasks.size === 0) {
    frame = globalThis.requestAnimationFrame?.(flush);
    cancelTimer = environment.after(frame === undefined ? NO_FRAME : SILENT_FRAME, flush);
  }
  tasks.add(task);
}

function flush(): void {
  if (frame !== undefined) cancelAnimationFrame(frame);
  cancelTimer?.();
  const due = [...tasks];
  tasks.clear();
  for (const task of due) callSafely(task, undefined);
}
