import { encodeText, toTopicPath, toTopicQuery } from "./topics.ts";

/** The token of whoever pastes a command: a variable of their shell. */
export const SHELL_TOKEN = "$TOKEN";

/** What the publish form holds. An empty `event` means none. */
export interface Draft {
  readonly topic: string;
  readonly event: string;
  readonly data: string;
}

/** The path and query that `draft` is published to, below the hub's root. */
export function toPublishPath({ topic, event }: Pick<Draft, "topic" | "event">): string {
  return `topics/${toTopicPath(topic)}${event === "" ? "" : `?event=${encodeText(event)}`}`;
}

/** The `curl` that publishes `draft`, for a POSIX shell. `root` is the hub's address and ends in `/`. */
export function toPublishCurl(root: string, draft: Draft, token?: string): string {
  // With -d a leading "@" would name a file to read.
  const flag = draft.data.startsWith("@") ? "--data-raw" : "-d";
  return `curl ${toTokenFlag(token)}${flag} ${quote(draft.data)} ${quote(root + toPublishPath(draft))}`;
}

/** The `curl` that listens to a topic or pattern, for a POSIX shell. */
export function toListenCurl(root: string, name: string, token?: string): string {
  return `curl -N ${toTokenFlag(token)}${quote(`${root}events?topic=${toTopicQuery(name)}`)}`;
}

/** The `curl` that reads the history of a topic, for a POSIX shell. */
export function toHistoryCurl(root: string, topic: string, token?: string): string {
  return `curl ${toTokenFlag(token)}${quote(`${root}topics/${toTopicPath(topic)}?limit=10`)}`;
}

function toTokenFlag(token: string | undefined): string {
  // In double quotes, for a variable; of what a token consists of, a shell knows no meaning (RFC 6750, "b64token").
  return token === undefined ? "" : `-H "Authorization: Bearer ${token}" `;
}

function quote(text: string): string {
  return /^[\w%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
