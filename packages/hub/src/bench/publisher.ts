import { setTimeout as wait } from "node:timers/promises";
import { readRefusal } from "../cli/problem.ts";
import { type Plan, toData } from "./plan.ts";

/** How often what has become due is published, in milliseconds. */
const TICK = 10;
/** Bounds of one batch, well below those of a hub. */
const MAX_EVENTS = 1000;
const MAX_BYTES = 2 ** 20;

/**
 * Publishes at the plan's rate until its time is over: in batches of what is due, each sent when the one before is answered, so
 * that there is one order. A hub, or a line, that is slower than the rate gets less, and `published` says so.
 *
 * @param published events of each topic so far, counted as they are acknowledged
 * @throws Error saying how the hub refused
 */
export async function publishAll(plan: Plan, topics: readonly string[], published: number[]): Promise<void> {
  const { url, headers, rate, duration, bytes } = plan;
  const perBatch = Math.max(1, Math.min(MAX_EVENTS, Math.floor(MAX_BYTES / (bytes + 100))));
  const start = performance.now();
  let sent = 0;
  for (;;) {
    const elapsed = Math.min(duration, performance.now() - start);
    const due = Math.min(perBatch, Math.floor((elapsed * rate) / 1000) - sent);
    if (due > 0) {
      const counts = [...published];
      const lines = Array.from({ length: due }, () => {
        const topic = sent++ % topics.length;
        const number = counts[topic] as number;
        counts[topic] = number + 1;
        return JSON.stringify({ topic: topics[topic], data: toData(number, performance.now(), bytes) });
      });
      const response = await fetch(`${url}/events`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/x-ndjson" },
        body: lines.join("\n"),
      });
      if (!response.ok) throw new Error(await readRefusal(response));
      await response.arrayBuffer();
      published.splice(0, published.length, ...counts);
    }
    if (elapsed >= duration) return;
    if (due < perBatch) await wait(TICK);
  }
}
