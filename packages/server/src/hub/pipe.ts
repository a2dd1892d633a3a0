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
  const stop = signal === undefined ? closing : AbortSignal.any([signal, closing]);
  let stopped: (() => void) | undefined;
  const stopping = new Promise<"stopped">((resolve) => {
    stopped = () => resolve("stopped");
    if (stop.aborted) stopped();
    else stop.addEventListener("abort", stopped);
  });
  let completed = false;
  try {
    for (;;) {
      // A source that always has another value at hand would win every race.
      stop.throwIfAborted();
      const next = await Promise.race([iterator.next(), stopping]);
      if (next === "stopped") throw stop.reason;
      if (next.done) break;
      await hub.publish(topic, next.value, event === undefined ? {} : { event });
    }
    completed = true;
    if (end) await hub.end(topic);
  } finally {
    if (stopped !== undefined) stop.removeEventListener("abort", stopped);
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
