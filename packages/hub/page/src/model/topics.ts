/** The pattern that matches every topic. */
export const EVERY_TOPIC = "**";

const MAX_TOPIC_BYTES = 256;

/** Whether `name` is a pattern, which one listens to but does not publish to. */
export function isPattern(name: string): boolean {
  return name.includes("*");
}

/** A test for topics that `pattern` matches: `*` is one level, `**` at the end one or more. */
export function toMatcher(pattern: string): (topic: string) => boolean {
  const levels = pattern.split("/").map((level) => {
    if (level === "**") return ".+";
    return level === "*" ? "[^/]+" : level.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  });
  const expression = new RegExp(`^${levels.join("/")}$`, "su");
  return (topic) => expression.test(topic);
}

/** `orders/4 2` as `orders/4%202`: each level encoded for the path of a URL. */
export function toTopicPath(topic: string): string {
  return topic.split("/").map(encodeText).join("/");
}

/** `orders/**` as a value in a query, with what is harmless there left readable: people paste it. */
export function toTopicQuery(name: string): string {
  return encodeText(name).replaceAll("%2F", "/").replaceAll("%3A", ":");
}

/**
 * What keeps `topic` from being a topic name, as a sentence that says how to mend it.
 *
 * The hub has the last word and says the same. This page must know beforehand, because a browser resolves `a/../b` in an
 * address to `b`, escaped or not, and the event would land on another topic.
 */
export function findTopicFault(topic: string): string | undefined {
  if (topic === "") return "Name a topic, for example orders/42.";
  if (isPattern(topic)) return "A topic to publish to has no “*”: that makes a pattern.";
  if (topic.startsWith("tidings:")) return "Topics under “tidings:” belong to the hub.";
  if (/[\u0000-\u001f\u007f-\u009f]/.test(topic)) return "A topic has no control characters.";
  const levels = topic.split("/");
  if (levels.includes("")) return "A topic has no empty level: no “/” at an end, no two in a row.";
  if (levels.includes(".") || levels.includes("..")) return "A topic has no level “.” or “..”.";
  if (new TextEncoder().encode(topic).length > MAX_TOPIC_BYTES) return `A topic has at most ${MAX_TOPIC_BYTES} bytes.`;
  return undefined;
}

/** As `encodeURIComponent`, but half of a surrogate pair, in the middle of typing, does not make it throw. */
export function encodeText(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\ufffd"));
}
