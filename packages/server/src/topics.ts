import {
  findPatternFault,
  findTopicFault,
  isPattern,
  isReservedTopic,
  MAX_TOPIC_BYTES,
  matchesPattern,
  RESERVED_TOPIC_PREFIX,
} from "@tidings/wire/topics";
import { TidingsError } from "./errors.ts";

export {
  compareSpecificity,
  isPattern,
  isReservedTopic,
  matchesPattern,
  RESERVED_TOPIC_PREFIX,
} from "@tidings/wire/topics";

/** What a connection listens to: exact topics, and patterns such as `orders/*` and `orders/**`. */
export interface Subscription {
  readonly topics: readonly string[];
  readonly patterns: readonly string[];
}

/** Names whose characters are all of one byte, and can be no level of dots, no pattern and nothing of the hub's own. */
const PLAIN = /^[\w-]+(?:\/[\w-]+)*$/;

/**
 * Throws unless `topic` is a topic name: 1 to 256 bytes of UTF-8, levels separated by `/`, no empty level, no `.` or
 * `..`, no control characters, no `*`.
 *
 * @throws TidingsError `invalid_topic`, or `pattern_not_allowed` where a `*` makes it a pattern
 */
export function assertTopic(topic: string): void {
  assertString(topic);
  // Of most names one look says that nothing is wrong with them.
  if (topic.length <= MAX_TOPIC_BYTES && PLAIN.test(topic)) return;
  if (isPattern(topic)) {
    throw new TidingsError("pattern_not_allowed", `"${show(topic)}" is a pattern; name one topic, without "*".`, {
      field: "topic",
    });
  }
  const fault = findTopicFault(topic);
  if (fault !== undefined) {
    throw new TidingsError("invalid_topic", `"${show(topic)}" is not a topic name: ${fault}.`, { field: "topic" });
  }
}

/**
 * Throws unless `pattern` is a pattern: a topic name in which levels may be `*` (exactly one level) and the last level
 * may be `**` (one or more levels).
 *
 * @throws TidingsError `invalid_pattern`
 */
export function assertPattern(pattern: string): void {
  const fault = findPatternFault(pattern);
  if (fault !== undefined) {
    throw new TidingsError("invalid_pattern", `"${show(pattern)}" is not a topic pattern: ${fault}.`, {
      field: "topic",
    });
  }
}

/**
 * The subscription to a list of topics and patterns, each once and in one order, so that the same wish always makes
 * the same audience.
 *
 * @throws TidingsError `topic_required`, `invalid_topic`, `invalid_pattern`, `reserved_topic`
 */
export function toSubscription(names: readonly string[]): Subscription {
  if (names.length === 0) {
    throw new TidingsError("topic_required", "Name at least one topic, for example ?topic=orders/42.", {
      field: "topic",
    });
  }
  const topics: string[] = [];
  const patterns: string[] = [];
  for (const name of new Set(names)) {
    assertString(name);
    if (isPattern(name)) {
      assertPattern(name);
      patterns.push(name);
    } else {
      assertTopic(name);
      topics.push(name);
    }
    if (isReservedTopic(name)) {
      throw new TidingsError("reserved_topic", `Topics under "${RESERVED_TOPIC_PREFIX}" belong to the hub.`, {
        field: "topic",
      });
    }
  }
  return { topics: topics.sort(), patterns: patterns.sort() };
}

/** Whether a subscription covers `topic`. */
export function isSubscribed(subscription: Subscription, topic: string): boolean {
  return subscription.topics.includes(topic) || subscription.patterns.some((pattern) => matchesPattern(pattern, topic));
}

/** Types do not reach everywhere: what a framework finds no parameter for is `undefined`. */
function assertString(name: unknown): asserts name is string {
  if (typeof name === "string") return;
  throw new TidingsError("invalid_topic", `A topic is a string, not ${name === null ? "null" : typeof name}.`, {
    field: "topic",
  });
}

/** A name as it may stand in a message: short, and on one line. */
function show(name: string): string {
  const line = name
    .slice(0, 80)
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd")
    .toWellFormed();
  return name.length > 80 ? `${line}…` : line;
}
