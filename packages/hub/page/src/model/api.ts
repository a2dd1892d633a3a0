import type { Entrance } from "./access.ts";
import { type Draft, toPublishPath } from "./curl.ts";
import { HubError, toHubError } from "./hub-error.ts";
import { encodeText, toTopicPath } from "./topics.ts";

/** One topic of `GET /topics`. */
export interface TopicSummary {
  readonly topic: string;
  /** Publications held. */
  readonly count: number;
  readonly bytes: number;
  /** Connections that get what is published to it. */
  readonly readers: number;
  /** Ids of the oldest and newest publication held; absent if none is. */
  readonly firstId?: string;
  readonly lastId?: string;
  /** Milliseconds since 1970; absent if nothing was ever published. */
  readonly lastTime?: number;
  readonly ended: boolean;
}

/** The answer to `GET /topics`. */
export interface TopicListing {
  readonly topics: readonly TopicSummary[];
  /** There are more topics than these. */
  readonly truncated: boolean;
}

/** One connection of `GET /connections`. */
export interface ConnectionSummary {
  readonly id: string;
  /** Topics and patterns. */
  readonly topics: readonly string[];
  readonly subject?: string;
  readonly address?: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly state: string;
  readonly position: string;
  /** Publications of the log that it is behind. */
  readonly lag?: number;
  /** Bytes its socket has not taken. */
  readonly buffered: number;
  readonly transport?: string;
}

/** The answer to `GET /connections`. */
export interface ConnectionListing {
  readonly connections: readonly ConnectionSummary[];
  readonly truncated: boolean;
}

/** One publication of a topic's history. */
export interface HistoryEvent {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly event?: string;
  readonly data: string;
}

/** The answer to `GET /topics/<topic>`. */
export interface HistoryPage {
  readonly events: readonly HistoryEvent[];
  /** What to ask after for the next page. */
  readonly next: string;
  /** There is no next page. */
  readonly upToDate: boolean;
  /** What to ask before for the page of older events, where the newest were asked for and there is one. */
  readonly previous?: string;
  /** What was asked for begins before what is held. */
  readonly gap?: unknown;
}

/** What was published. */
export interface Published {
  readonly id: string;
  readonly topic: string;
}

/** A token for somebody else, and until when it is good, in milliseconds since 1970. */
export interface Minted {
  readonly token: string;
  readonly expires: number;
}

/** The hub's HTTP API, as far as this page calls it. Every method throws {@link HubError}. */
export interface HubApi {
  /** The hub's address, ending in `/`. */
  readonly root: string;
  /** At most 1,000 topics, of those that hold `search` in their name or are matched by it. */
  listTopics(search: string): Promise<TopicListing>;
  listConnections(search: string): Promise<ConnectionListing>;
  /** History after an id, or from the oldest held; or the newest, or the newest before an id. At most 1,000 events, oldest first. */
  readHistory(
    topic: string,
    options: { after?: string | undefined; limit: number } | { before?: string | undefined; last: number },
  ): Promise<HistoryPage>;
  publish(draft: Draft): Promise<Published>;
  /** Nothing more will come of a topic. */
  end(topic: string): Promise<void>;
  /** Forgets the history of a topic. */
  forget(topic: string): Promise<void>;
  /** Closes one connection. */
  close(id: string, options: { reconnect: boolean }): Promise<void>;
  /** Closes all connections of a subject and keeps it out for a time such as `10m`, or until its tokens have expired. */
  kick(subject: string, options: { for?: string }): Promise<void>;
  /** A token that may listen and publish to `topic`, for some minutes. */
  mint(topic: string): Promise<Minted>;
}

/** What a page shows of topics and connections at most: those of one answer. */
const LIMIT = 1_000;

/** Talks to the hub at `root`, an absolute address that ends in `/`. */
export function createHubApi(root: string, entrance: Pick<Entrance, "headers" | "refuse">): HubApi {
  async function call<T>(path: string, init?: RequestInit): Promise<T> {
    const headers = { accept: "application/json", ...entrance.headers() };
    const response = await fetch(root + path, { cache: "no-store", ...init, headers }).catch(() => {
      throw new HubError("The hub cannot be reached. Is it running?");
    });
    if (!response.ok) {
      const error = await toHubError(response);
      if (response.status === 401) entrance.refuse(error.message);
      throw error;
    }
    if (response.status === 204) return undefined as T;
    return response.json().catch(() => {
      throw new HubError("The hub’s answer broke off. Try again.");
    });
  }

  return {
    root,
    listTopics: (search) => call(`topics?${toQuery({ limit: LIMIT, search })}`),
    listConnections: (search) => call(`connections?${toQuery({ limit: LIMIT, search })}`),
    readHistory: (topic, options) => call(`topics/${toTopicPath(topic)}?${toQuery({ ...options })}`),
    publish: (draft) => call(toPublishPath(draft), { method: "POST", body: draft.data }),
    end: (topic) => call(`topics/${toTopicPath(topic)}?end=true`, { method: "POST" }),
    forget: (topic) => call(`topics/${toTopicPath(topic)}`, { method: "DELETE" }),
    close: (id, { reconnect }) => call(`connections/${encodeText(id)}?${toQuery({ reconnect })}`, { method: "DELETE" }),
    kick: (subject, options) => call(`connections?${toQuery({ subject, ...options })}`, { method: "DELETE" }),
    mint: (topic) =>
      call("tokens", {
        method: "POST",
        body: JSON.stringify({ subscribe: [topic], publish: [topic], expires: "10m" }),
      }),
  };
}

function toQuery(parameters: Record<string, string | number | boolean | undefined>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== "");
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}
