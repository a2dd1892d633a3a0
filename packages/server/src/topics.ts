import { TidingsError } from "./errors.ts";

/** A topic name is at most this long, in bytes of UTF-8. */
export const MAX_TOPIC_BYTES = 256;

/** Topics under this prefix belong to the hub: nobody else publishes there, and no pattern matches them. */
export const RESERVED_TOPIC_PREFIX = "tidings:";

/** What a connection listens to: exact topics, and patterns such as `orders/*` and `orders/**`. */
export interface Subscription {
  readonly topics: readonly string[];
  readonly patterns: readonly string[];
}

/** Whether `name` has a `*` level, which makes it a pattern. */
export function isPattern(name: string): boolean {
  return name.includes("*");
}

/** Whether `topic` is the hub's own. */
export function isReservedTopic(topic: string): boolean {
  return topic.startsWith(RESERVED_TOPIC_PREFIX);
}

/**
 * Throws unless `topic` is a topic name: 1 to 256 bytes of UTF-8, levels separated by `/`, no empty level, no `.` or
 * `..`, no control characters, no `*`.
 *
 * @throws TidingsError `invalid_topic`, or `pattern_not_allowed` where a `*` makes it a pattern
 */
export function assertTopic(topic: string): void {
  if (isPattern(topic)) {
    throw new TidingsError("pattern_not_allowed", `"${show(topic)}" is a pattern; name one topic, without "*".`, {
      field: "topic",
    });
  }
  const fault = findFault(topic);
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
  const fault = findFault(pattern) ?? findPatternFault(pattern);
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

/** Whether `topic` is matched by `pattern`. Both must be valid. A reserved topic is matched by no pattern. */
export function matchesPattern(pattern: string, topic: string): boolean {
  if (isReservedTopic(topic)) return false;
  const wanted = pattern.split("/");
  const levels = topic.split("/");
  for (const [at, level] of wanted.entries()) {
    if (level === "**") return levels.length > at;
    if (at >= levels.length || (level !== "*" && level !== levels[at])) return false;
  }
  return wanted.length === levels.length;
}

/** Whether a subscription covers `topic`. */
export function isSubscribed(subscription: Subscription, topic: string): boolean {
  return subscription.topics.includes(topic) || subscription.patterns.some((pattern) => matchesPattern(pattern, topic));
}

/**
 * Orders patterns and topics from the most to the least specific, level by level from the left: a literal level before
 * `*` before `**`.
 */
export function compareSpecificity(a: string, b: string): number {
  const left = a.split("/");
  const right = b.split("/");
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = rank(left[at]) - rank(right[at]);
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

function rank(level: string | undefined): number {
  if (level === "**") return 2;
  if (level === "*") return 1;
  return level === undefined ? 3 : 0;
}

function findFault(name: string): string | undefined {
  if (name === "") return "it is empty";
  if (!name.isWellFormed()) return "it has half of a surrogate pair, which is no UTF-8";
  if (byteLength(name) > MAX_TOPIC_BYTES) return `it is longer than ${MAX_TOPIC_BYTES} bytes`;
  if (hasControlCharacter(name)) return "it has a control character";
  for (const level of name.split("/")) {
    if (level === "") return 'it has an empty level (a "/" at an end, or two in a row)';
    if (level === "." || level === "..") return `it has a level "${level}"`;
  }
  return undefined;
}

function findPatternFault(pattern: string): string | undefined {
  const levels = pattern.split("/");
  for (const [at, level] of levels.entries()) {
    if (level === "**" && at < levels.length - 1) return '"**" may only be the last level';
    if (level.includes("*") && level !== "*" && level !== "**")
      return `"*" must be a level of its own, not part of "${level}"`;
  }
  return undefined;
}

/** C0, DEL and C1. */
function hasControlCharacter(text: string): boolean {
  return /[\u0000-\u001f\u007f-\u009f]/.test(text);
}

function byteLength(text: string): number {
  if (text.length > MAX_TOPIC_BYTES) return text.length;
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** A name as it may stand in a message: short, and on one line. */
function show(name: string): string {
  const line = name
    .slice(0, 80)
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd")
    .toWellFormed();
  return name.length > 80 ? `${line}…` : line;
}
