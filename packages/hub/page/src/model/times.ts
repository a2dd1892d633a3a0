import type { HubApi } from "./api.ts";

/** Events of one topic that came out of history, oldest first. A stream does not say when they were published. */
export interface Untimed {
  readonly topic: string;
  readonly ids: readonly string[];
  /** These are all that the topic holds, so that even the oldest can be looked up. */
  readonly complete: boolean;
}

/** Topics that are looked up, a request each: those with the newest events, which stand on top. */
const MAX_TOPICS = 32;

/**
 * When events were published, by id, as far as history tells it. Give the topics with the newest events last. Never
 * throws: a time is worth no error.
 */
export async function lookUpTimes(api: HubApi, untimed: readonly Untimed[]): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  for (const { topic, ids, complete } of untimed.slice(-MAX_TOPICS).reverse()) {
    const [oldest] = ids;
    if (oldest === undefined) continue;
    const from = complete ? {} : { after: oldest };
    const page = await api.readHistory(topic, { ...from, limit: ids.length }).catch(() => ({ events: [] }));
    for (const event of page.events) times.set(event.id, event.time);
  }
  return times;
}
