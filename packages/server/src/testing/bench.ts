import type {
  Append,
  Appended,
  LatestRequest,
  Opened,
  OpenOptions,
  Page,
  ReadRequest,
  Store,
  TailEntry,
} from "../ports/store.ts";
import type { Offset } from "../positions.ts";
import { isPattern, type Subscription } from "../topics.ts";
import type { StorePlace } from "./harness.ts";

/** Names no store has ever used, in this process. */
let epochs = 0;

const EVERYTHING = { limit: 100_000, maxBytes: Number.MAX_SAFE_INTEGER };

/** What a case works with: a place, a clock that moves when told to, and the logs opened on it. */
export class Bench {
  readonly place: StorePlace;
  /** What every log opened here takes for the time. */
  now = Date.UTC(2026, 0, 1);
  readonly #logs: OpenLog[] = [];

  constructor(place: StorePlace) {
    this.place = place;
  }

  /** Opens another store on the place; the options are those of `Store.open`. */
  async open(options: Partial<OpenOptions> = {}): Promise<OpenLog> {
    const log = new OpenLog(this.place.store());
    this.#logs.push(log);
    await log.open({
      retention: {},
      now: () => this.now,
      createEpoch: () => `test${process.pid}n${epochs++}`,
      onError: (error) => log.failures.push(error),
      signal: new AbortController().signal,
      ...options,
    });
    return log;
  }

  /** Closes what is still open, and leaves nothing behind. */
  async dispose(): Promise<void> {
    for (const log of this.#logs) await log.store.close();
    await this.place.dispose();
  }
}

/** An open store, with everything that its tail has told. */
export class OpenLog {
  readonly store: Store;
  readonly tail: TailEntry[] = [];
  /** What came through `onError`. */
  readonly failures: unknown[] = [];
  opened: Opened = { lineage: [], head: 0 };

  constructor(store: Store) {
    this.store = store;
  }

  async open(options: OpenOptions): Promise<void> {
    this.opened = await this.store.open(options);
    this.store.tail(this.opened.head, (entries) => this.tail.push(...entries));
  }

  /** The offset of one publication. */
  async append(topic: string, data: string, more: Partial<Append> = {}): Promise<Offset> {
    const [appended] = await this.store.append([{ topic, data, ...more }]);
    return (appended as Appended).offset;
  }

  read(names: string | readonly string[], request: Partial<ReadRequest> = {}): Promise<Page> {
    return this.store.read({ after: 0, filter: toFilter(names), ...EVERYTHING, ...request });
  }

  latest(names: string | readonly string[], request: Partial<LatestRequest> = {}): Promise<Page> {
    return this.store.latest({
      after: 0,
      filter: toFilter(names),
      count: 1,
      maxTopics: 100,
      maxBytes: 1e9,
      ...request,
    });
  }

  /** What is held of the topics and patterns, read to the end however many pages that takes. */
  async dataOf(...names: readonly string[]): Promise<(string | undefined)[]> {
    const data: (string | undefined)[] = [];
    for (let after = 0; ; ) {
      const page = await this.read(names, { after });
      data.push(...toData(page));
      if (page.scannedTo <= after) return data;
      after = page.scannedTo;
    }
  }
}

/** The subscription to topics and patterns, without the checks that keep people from the hub's own topics. */
export function toFilter(names: string | readonly string[]): Subscription {
  const all = typeof names === "string" ? [names] : names;
  return { topics: all.filter((name) => !isPattern(name)), patterns: all.filter(isPattern) };
}

export function toData(page: Page): (string | undefined)[] {
  return page.publications.map((publication) => publication.data);
}

export function toOffsets(page: Page): Offset[] {
  return page.publications.map((publication) => publication.offset);
}

/** A tail in short: `+1`, `trim a 3`, `delete a 4`. */
export function toMarks(tail: readonly TailEntry[]): string[] {
  return tail.map((entry) =>
    entry.type === "publication" ? `+${entry.publication.offset}` : `${entry.type} ${entry.topic} ${entry.through}`,
  );
}
