import { type Draft, toPublishPath } from "./curl.ts";
import { toTopicPath } from "./topics.ts";

/** One topic of `GET /topics`. */
export interface TopicSummary {
  readonly topic: string;
  readonly count: number;
  readonly bytes: number;
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

/** The answer to `GET /healthz`. */
export interface Health {
  readonly status: string;
  readonly version: string;
  /** Seconds since the start. */
  readonly uptime: number;
  readonly connections: number;
  /** Accepted since the start. */
  readonly publications: number;
  readonly store: string;
}

/** The answer to `GET /topics/<topic>`, as far as this page reads it. */
export interface HistoryPage {
  readonly events: readonly { readonly id: string; readonly time: number }[];
}

/** What was published. */
export interface Published {
  readonly id: string;
  readonly topic: string;
}

/** The hub said no, or could not be reached. The message is a sentence for people that says how to mend it. */
export class HubError extends Error {
  override readonly name = "HubError";
  /** The part of the request at fault, where the hub names one: `topic`, `event`, `data`. */
  readonly field: string | undefined;

  constructor(message: string, field?: string) {
    super(message);
    this.field = field;
  }
}

/** The hub's HTTP API, as far as this page calls it. Every method throws {@link HubError}. */
export interface HubApi {
  /** The hub's address, ending in `/`. */
  readonly root: string;
  listTopics(): Promise<TopicListing>;
  readHealth(): Promise<Health>;
  /** History after an id, or from the oldest held. At most 1,000 events. */
  readHistory(topic: string, options: { after?: string; limit: number }): Promise<HistoryPage>;
  publish(draft: Draft): Promise<Published>;
}

/** Talks to the hub at `root`, an absolute address that ends in `/`. */
export function createHubApi(root: string): HubApi {
  return {
    root,
    listTopics: () => call(`${root}topics`),
    readHealth: () => call(`${root}healthz`),
    readHistory(topic, { after, limit }) {
      const query = new URLSearchParams({ limit: String(limit), ...(after !== undefined && { after }) });
      return call(`${root}topics/${toTopicPath(topic)}?${query}`);
    },
    publish: (draft) => call(`${root}${toPublishPath(draft)}`, { method: "POST", body: draft.data }),
  };
}

/** The error a response carries: its problem document's sentence (RFC 9457), else its status. */
export async function toHubError(response: Response): Promise<HubError> {
  const problem = await response.json().catch(() => undefined);
  if (isProblem(problem)) return new HubError(problem.detail, problem.field);
  return new HubError(`The hub answered ${response.status} ${response.statusText}`.trim());
}

async function call<T>(url: string, init?: RequestInit): Promise<T> {
  const response = await fetch(url, { cache: "no-store", ...init }).catch(() => {
    throw new HubError("The hub cannot be reached. Is it running?");
  });
  if (!response.ok) throw await toHubError(response);
  return response.json().catch(() => {
    throw new HubError("The hub’s answer broke off. Try again.");
  });
}

function isProblem(value: unknown): value is { detail: string; field?: string } {
  return typeof value === "object" && value !== null && "detail" in value && typeof value.detail === "string";
}
