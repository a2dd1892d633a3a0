import { setTimeout } from "node:timers/promises";

/** After a longer pause the dates begin anew with the present: an hour of them, at one every five seconds. */
const MOST_MISSED = 720;

/**
 * Publishes the time of day at every multiple of `interval`, until `signal` fires.
 *
 * What was due while nobody ran is published at the start, with the times at which it was due. The log itself says how
 * far the last run came, so there is no second file to keep in step with it. All that is due at once is one batch: a kill
 * leaves either all of it in the log or nothing.
 *
 * @param {import("@tidings/server").Hub} hub
 * @param {{ interval: number, signal: AbortSignal }} options `interval` in milliseconds
 */
export async function publishDates(hub, { interval, signal }) {
  const topic = "dates";
  const [last] = (await hub.topics()).filter((info) => info.topic === topic);
  const since = last?.lastTime ?? Date.now() - interval;
  let next = (Math.floor(since / interval) + 1) * interval;

  while (!signal.aborted) {
    const now = Date.now();
    const due = [];
    next = Math.max(next, (Math.floor(now / interval) - MOST_MISSED) * interval);
    for (; next <= now; next += interval) {
      due.push({ topic, event: "current-date", data: new Date(next).toLocaleTimeString() });
    }
    if (due.length > 0) await hub.publishBatch(due);
    await setTimeout(next - Date.now(), undefined, { signal }).catch(() => {});
  }
}
