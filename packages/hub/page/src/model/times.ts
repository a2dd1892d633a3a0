import type { HubApi } from "./api.ts";

/** Events of one topic that came out of history, oldest first. A stream does not say when they were published. */
export interface Untimed {
  readonly topic: string;
  readonly ids: readonly string[];
  /** The id they were sent after. Undefined: they are all that the topic holds. */
  readonly after: string | undefined;
}

/** Topics that are looked up, a request each: those with the newest events, which stand on top. */
const MAX_TOPICS = 32;

/**
 * When events were published, by id, as far as history tells it. Give the topics with the newest events last. Never
 * throws: a time is worth no error.
 */
export async function lookUpTimes(api: HubApi, untimed: readonly Untimed[]): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  for (const { topic, ids, after } of untimed.slice(-MAX_TOPICS).reverse()) {
    const options = { limit: ids.length, ...(after !== undefined && { after }) };
    const page = await api.readHistory(topic, options).catch(() => ({ events: [] }));
    for (const event of page.events) times.set(event.id, event.time);
  }
  return times;
}
