import { createStore, type Readable } from "./store.ts";

/** One `stats` event of `GET /stats`. */
export interface Stats {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Seconds since the start. */
  readonly uptime: number;
  readonly version: string;
  readonly node: string;
  /** `fileBytes`: of a store in a file, with all that belongs to it. */
  readonly store: { readonly kind: string; readonly fileBytes?: number };
  readonly connections: { readonly catchingUp: number; readonly live: number; readonly closing: number };
  /** Counted since the start, like `deliveries` and `bytesOut`. */
  readonly publications: number;
  readonly deliveries: number;
  readonly bytesOut: number;
  readonly gaps: Readonly<Record<string, number>>;
  readonly disconnects: Readonly<Record<string, number>>;
  /** Publications that the connection furthest behind is behind. */
  readonly lag: number;
  readonly buffered: number;
  readonly memory: { readonly rss: number; readonly heapUsed: number };
  /** Milliseconds, of the last second; like `append`. */
  readonly eventLoop: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly append: { readonly p50: number; readonly p99: number };
}

/** What a chart can show, a second each. */
export type Series =
  | "connections"
  | "publications"
  | "deliveries"
  | "bytesOut"
  | "lag"
  | "memory"
  | "eventLoop"
  | "store";

/** A second of the hub. Rates are per second; null where the second before is not known. */
export type Sample = { readonly time: number } & Readonly<Record<Series, number | null>>;

/** What is known of the hub. */
export interface StatsView {
  readonly latest: Stats | undefined;
  /** Oldest first, the last {@link SAMPLES}. */
  readonly samples: readonly Sample[];
}

/** The last seconds of the hub, for charts. */
export interface StatsHistory extends Readable<StatsView> {
  add(stats: Stats): void;
  /** Bytes of data that are held, as far as that is known: what a store takes that has no file. */
  setHeld(bytes: number): void;
}

/** Five minutes. */
export const SAMPLES = 300;

/** Seconds between two samples from which on a chart shows that there were none in between. */
const HOLE = 3;

/** Creates an empty history. */
export function createStatsHistory(): StatsHistory {
  const store = createStore<StatsView>({ latest: undefined, samples: [] });
  let held: number | null = null;
  return {
    get: store.get,
    subscribe: store.subscribe,
    add(stats) {
      const { latest, samples } = store.get();
      // What was answered before a reconnect must not run backwards.
      if (latest !== undefined && stats.time <= latest.time) return;
      const seconds = latest === undefined ? Number.POSITIVE_INFINITY : (stats.time - latest.time) / 1000;
      const hole = latest !== undefined && seconds > HOLE ? [toHole(latest.time + 1)] : [];
      const added = toSample(stats, seconds > HOLE ? undefined : latest, held);
      store.set({ latest: stats, samples: [...samples, ...hole, added].slice(-SAMPLES) });
    },
    setHeld(bytes) {
      held = bytes;
    },
  };
}

function toSample(stats: Stats, before: Stats | undefined, held: number | null): Sample {
  const { connections, store } = stats;
  const rate = (counter: "publications" | "deliveries" | "bytesOut"): number | null => {
    // A hub that was started anew counts from nothing.
    if (before === undefined || stats[counter] < before[counter]) return null;
    return ((stats[counter] - before[counter]) * 1000) / (stats.time - before.time);
  };
  return {
    time: stats.time,
    connections: connections.catchingUp + connections.live,
    publications: rate("publications"),
    deliveries: rate("deliveries"),
    bytesOut: rate("bytesOut"),
    lag: stats.lag,
    memory: stats.memory.rss,
    eventLoop: stats.eventLoop.p99,
    store: store.fileBytes ?? held,
  };
}

function toHole(time: number): Sample {
  return {
    time,
    connections: null,
    publications: null,
    deliveries: null,
    bytesOut: null,
    lag: null,
    memory: null,
    eventLoop: null,
    store: null,
  };
}
