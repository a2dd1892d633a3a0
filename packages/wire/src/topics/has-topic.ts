import { isPattern, matchesPattern } from "./names.ts";
import type { OfTopic } from "./types.ts";

/**
 * Whether an event is of a topic, or of one that a pattern matches; its type is then that of those events alone.
 *
 * ```ts
 * for await (const event of stream) {
 *   if (hasTopic(event, "prices/*")) show(event.data.bid);
 * }
 * ```
 */
export function hasTopic<Event extends { readonly topic: string | undefined }, const Name extends string>(
  event: Event,
  name: Name,
): event is OfTopic<Event, Name> {
  const { topic } = event;
  return topic !== undefined && (topic === name || (isPattern(name) && matchesPattern(name, topic)));
}
