import type { ConnectOptions, StreamEvent } from "../types.ts";
import { readHistory } from "./read-history.ts";
import type { Seed } from "./topic-store.ts";

/** Options of {@link loadTopic}: those of `connect`. */
export interface LoadOptions<Data = unknown> extends Omit<ConnectOptions<Data>, "topics" | "lastEventId" | "from"> {
  /** Default 100. */
  readonly last?: number;
}

/**
 * Reads the newest publications of a topic, once: what a server renders, or a gap is mended with. It gives options of a topic's
 * store, which then goes on exactly after it. Like `connect` it tries again until `signal` ends it.
 *
 * @throws ClientError what no further attempt can mend, such as a status 403; the signal's reason
 */
export function loadTopic<Data = unknown>(
  url: string | URL,
  topic: string,
  { last = 100, ...options }: LoadOptions<Data> = {},
): Promise<Required<Seed<readonly StreamEvent<Data>[]>>> {
  return new Promise((resolve, reject) => {
    const initial: StreamEvent<Data>[] = [];
    const stream = readHistory(
      String(url),
      { ...(options as ConnectOptions), topics: [topic] },
      { last },
      {
        onEvent: (event) => initial.push(event as StreamEvent<Data>),
        onGap() {},
        onDone() {
          const { error, lastEventId } = stream;
          if (options.signal?.aborted) reject(options.signal.reason);
          else if (error) reject(error);
          else resolve({ initial, lastEventId });
          stream.close();
        },
      },
    );
  });
}
