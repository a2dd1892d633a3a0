import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Hub } from "@tidings/server";
import type { Meter } from "../metrics/meter.ts";
import { VERSION } from "../version.ts";
import type { FileSize } from "./file-size.ts";

/** How a hub does, as `GET /stats` tells it. Counters are of the time since the start: rates are made of two of them. */
export interface Stats {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Seconds since the start. */
  readonly uptime: number;
  readonly version: string;
  readonly node: string;
  readonly store: {
    readonly kind: string;
    /** Bytes of the history's file, its write-ahead log included. Absent for a history in memory. */
    readonly fileBytes?: number;
  };
  readonly connections: { readonly catchingUp: number; readonly live: number; readonly closing: number };
  /** Publications accepted. */
  readonly publications: number;
  /** Events written to live connections. */
  readonly deliveries: number;
  /** Bytes of them. */
  readonly bytesOut: number;
  readonly gaps: Readonly<Record<string, number>>;
  readonly disconnects: Readonly<Record<string, number>>;
  /** Publications of the log that the furthest connection is behind. */
  readonly lag: number;
  /** Bytes that all sockets together hold. */
  readonly buffered: number;
  readonly memory: { readonly rss: number; readonly heapUsed: number };
  /** Milliseconds by which the event loop was late, of the last second. */
  readonly eventLoop: Percentiles & { readonly max: number };
  /** Milliseconds until an append was as durable as the store promises, of the last second. */
  readonly append: Percentiles;
}

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** Reads stats; holds a timer of the runtime until it is closed. */
export interface StatsReader {
  /** As things are now. What is of the last second is of the time since `turn` was last called. */
  read(): Stats;
  /** Begins another second. */
  turn(): void;
  close(): void;
}

/** How often the event loop is looked at, in milliseconds. What is measured has it in it. */
const RESOLUTION = 20;
const NOTHING = { p50: 0, p99: 0 };

/** Reads what the engine knows and what `meter` has counted. */
export function createStatsReader(hub: Hub, { counts, recentAppends }: Meter, fileSize: FileSize): StatsReader {
  const start = performance.now();
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  let eventLoop: Stats["eventLoop"] = { ...NOTHING, max: 0 };
  let append: Percentiles = NOTHING;
  return {
    read() {
      const { store, catchingUp, live, closing, publications, lag, buffered } = hub.status();
      const { rss, heapUsed } = process.memoryUsage();
      const fileBytes = fileSize();
      return {
        time: Date.now(),
        uptime: Math.floor((performance.now() - start) / 1000),
        version: VERSION,
        node: process.versions.node,
        store: { kind: store, ...(fileBytes !== undefined && { fileBytes }) },
        connections: { catchingUp, live, closing },
        publications,
        deliveries: counts.deliveries,
        bytesOut: counts.bytes,
        gaps: counts.gaps,
        disconnects: counts.disconnects,
        lag,
        buffered,
        memory: { rss, heapUsed },
        eventLoop,
        append,
      };
    },
    turn() {
      const late = (nanoseconds: number): number => round(Math.max(0, nanoseconds / 1e6 - RESOLUTION));
      eventLoop =
        delay.count === 0
          ? { ...NOTHING, max: 0 }
          : { p50: late(delay.percentile(50)), p99: late(delay.percentile(99)), max: late(delay.max) };
      append =
        recentAppends.count === 0
          ? NOTHING
          : { p50: recentAppends.percentile(50) / 1000, p99: recentAppends.percentile(99) / 1000 };
      delay.reset();
      recentAppends.reset();
    },
    close: () => void delay.disable(),
  };
}

/** To a hundredth. */
function round(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
