import { connect } from "../connect.ts";
import type { ConnectOptions, StreamEvent } from "../types.ts";

/** Options of {@link loadTopic}: those of `connect`. */
export interface LoadOptions<Data = unknown>
  extends Omit<ConnectOptions<Data>, "topics" | "lastEventId" | "from" | "share" | "identity" | "persist" | "hidden"> {
  /** How many publications. Default 100. */
  readonly last?: number;
}

/** The newest of a topic, and the id to go on from. */
export interface LoadedTopic<Data = unknown> {
  readonly initial: readonly StreamEvent<Data>[];
  readonly lastEventId: string;
}

/**
 * Reads the newest publications of a topic, once: what a server renders, or a gap is mended with. It gives options of a topic's
 * store, which then goes on exactly after it. Like `connect` it tries again until `signal` ends it. Tidings hubs only.
 *
 * @throws ClientError what no further attempt can mend, such as a status 403
 * @throws the signal's reason
 */
export async function loadTopic<Data = unknown>(
  url: string | URL,
  topic: string,
  { last = 100, ...options }: LoadOptions<Data> = {},
): Promise<LoadedTopic<Data>> {
  const initial: StreamEvent<Data>[] = [];
  await using stream = connect(url, { ...options, last, topics: [topic] });
  stream.on("event", (event) => initial.push(event));
  await Promise.race([new Promise((resolve) => stream.on("live", resolve)), stream.closed]);
  options.signal?.throwIfAborted();
  return { initial, lastEventId: stream.lastEventId };
}
