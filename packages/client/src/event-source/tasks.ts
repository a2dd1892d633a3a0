/** Those of a chunk at most, which may be thousands: hence a place in it, where `shift()` would move all that wait behind. */
const waiting: (() => void)[] = [];
let next = 0;
let port: MessagePort | undefined;

/**
 * "Queue a task" of the standard. Everything that the task before has set off, promises included, is through by then, as it is
 * between two events of a browser.
 *
 * Not by `setTimeout`, which browsers hold back for 4 ms when nested and for a second in a hidden page. Node, Deno and Bun
 * have `setImmediate`, which keeps the process alive for this one task only, where an open `MessageChannel` would for ever.
 */
export function queueTask(task: () => void): void {
  const { setImmediate } = globalThis as { setImmediate?: (task: () => void) => void };
  if (setImmediate !== undefined) {
    setImmediate(task);
    return;
  }
  waiting.push(task);
  port ??= openPort();
  port.postMessage(0);
}

/** Settles in a task of its own. */
export function nextTask(): Promise<void> {
  return new Promise(queueTask);
}

/** Messages arrive in order, one task each, so that each takes the first that waits. */
function openPort(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    const task = waiting[next++];
    if (next === waiting.length) waiting.length = next = 0;
    task?.();
  };
  return port2;
}
