import type { Hub, PipeOptions } from "./types.ts";

/**
 * Publishes whatever a source gives, in order. The source is closed however this ends; the topic ends only if the source
 * came to its own end.
 *
 * @param closing fires when the hub closes, with the error to reject with
 */
export async function pipe(
  hub: Pick<Hub, "publish" | "end">,
  topic: string,
  source: AsyncIterable<unknown>,
  { event, end, signal }: PipeOptions,
  closing: AbortSignal,
): Promise<void> {
  const iterator = source[Symbol.asyncIterator]();
  const signals = signal === undefined ? [closing] : [signal, closing];
  let stop: (reason: unknown) => void = () => {};
  function onAbort(this: AbortSignal): void {
    stop(this.reason);
  }
  for (const each of signals) each.addEventListener("abort", onAbort);
  let completed = false;
  try {
    for (;;) {
      // It may have fired while a value was published.
      for (const each of signals) each.throwIfAborted();
      // Not `Promise.race` with one promise for all: that would keep each value until it settles, which may be never.
      const next = await new Promise<IteratorResult<unknown>>((resolve, reject) => {
        stop = reject;
        Promise.resolve(iterator.next()).then(resolve, reject);
      });
      if (next.done) break;
      await hub.publish(topic, next.value, event === undefined ? {} : { event });
    }
    completed = true;
    if (end) await hub.end(topic);
  } finally {
    for (const each of signals) each.removeEventListener("abort", onAbort);
    if (!completed) void closeSource(iterator);
  }
}

/** Not to be waited for: a source that waits for its next value cannot be closed before that comes. Never rejects. */
async function closeSource(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // Why the piping ended is what its caller is told.
  }
}
