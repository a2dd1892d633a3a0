import type { Runtime } from "../ports/runtime.ts";

/** Time, chance and the event loop as they are. The one place in the engine where timers are made and cleared. */
export const systemRuntime: Runtime = {
  now: Date.now,
  random: Math.random,
  atEndOfTurn: (task) => {
    setImmediate(task);
  },
  elapsed: () => performance.now(),
  after: (milliseconds, task) => {
    const timer = setTimeout(task, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
  every: (milliseconds, task) => {
    const timer = setInterval(task, milliseconds);
    timer.unref();
    return () => clearInterval(timer);
  },
  wait: (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal.addEventListener("abort", done);
    }),
};
