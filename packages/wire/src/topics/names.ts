/** A topic name is at most this long, in bytes of UTF-8. */
export const MAX_TOPIC_BYTES = 256;

/** Topics under this prefix belong to the hub: nobody else publishes there, and no pattern matches them. */
export const RESERVED_TOPIC_PREFIX = "tidings:";

/** Whether `name` has a `*`, which makes it a pattern. */
export function isPattern(name: string): boolean {
  return name.includes("*");
}

/** Whether `topic` is the hub's own. */
export function isReservedTopic(topic: string): boolean {
  return topic.startsWith(RESERVED_TOPIC_PREFIX);
}

/**
 * Why `name` is no topic name, as the end of a sentence; undefined if it is one, or a pattern but for the place of its `*`.
 * A topic name is 1 to 256 bytes of UTF-8, levels separated by `/`, no empty level, no `.` or `..`, no control characters.
 */
export function findTopicFault(name: string): string | undefined {
  if (name === "") return "it is empty";
  if (/\p{Surrogate}/u.test(name)) return "it has half of a surrogate pair, which is no UTF-8";
  if (byteLength(name) > MAX_TOPIC_BYTES) return `it is longer than ${MAX_TOPIC_BYTES} bytes`;
  // C0, DEL and C1.
  if (/[\u0000-\u001f\u007f-\u009f]/.test(name)) return "it has a control character";
  for (const level of name.split("/")) {
    if (level === "") return 'it has an empty level (a "/" at an end, or two in a row)';
    if (level === "." || level === "..") return `it has a level "${level}"`;
  }
  return undefined;
}

/**
 * Why `name` is no pattern, as the end of a sentence; undefined if it is one. A pattern is a topic name in which levels may
 * be `*` (exactly one level) and the last level may be `**` (one or more levels).
 */
export function findPatternFault(name: string): string | undefined {
  const fault = findTopicFault(name);
  if (fault !== undefined) return fault;
  const levels = name.split("/");
  for (const [at, level] of levels.entries()) {
    if (level === "**" && at < levels.length - 1) return '"**" may only be the last level';
    if (level.includes("*") && level !== "*" && level !== "**")
      return `"*" must be a level of its own, not part of "${level}"`;
  }
  return undefined;
}

/** Whether `topic` is matched by `pattern`. Both must be valid. A reserved topic is matched by no pattern. */
export function matchesPattern(pattern: string, topic: string): boolean {
  return !isReservedTopic(topic) && matchesLevels(pattern.split("/"), topic.split("/"));
}

/** As {@link matchesPattern}, of a pattern and a topic taken apart, and of reserved topics too. */
export function matchesLevels(pattern: readonly string[], topic: readonly string[]): boolean {
  for (const [at, level] of pattern.entries()) {
    if (level === "**") return topic.length > at;
    if (level !== "*" && level !== topic[at]) return false;
  }
  return pattern.length === topic.length;
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

function byteLength(text: string): number {
  if (text.length > MAX_TOPIC_BYTES) return text.length;
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
