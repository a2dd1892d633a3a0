import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { type DisconnectReason, ERRORS, type ErrorCode, type Gap, type HubObserver } from "@tidings/server";
import { Histogram } from "prom-client";

/** Where a page for a reader that catches up comes from. */
export type PageSource = "store" | "tail";

/**
 * What has happened since the start. The one place where it is counted: `/metrics` and `/stats` both read here. Nothing in it
 * grows with topics, readers or what they send: every key is of a closed set, and there from the start.
 */
export interface Meter {
  readonly counts: Counts;
  /** Events of a flush of one audience. */
  readonly flushes: Histogram;
  /** Seconds until an append was stored. */
  readonly appends: Histogram;
  /** Microseconds of the same, for whoever resets it. */
  readonly recentAppends: RecordableHistogram;
  /** Told by the engine, for each audience and call and never for a connection. */
  readonly observer: HubObserver;
  /** To be told of every connection that closed. */
  disconnected(reason: DisconnectReason): void;
  /** To be told of every request that was answered with an error. */
  refused(code: ErrorCode): void;
}

/** Plain numbers: the way of an event adds to them. */
export interface Counts {
  /** Events written to live connections. */
  deliveries: number;
  /** Bytes of them. */
  bytes: number;
  appendFailures: number;
  readonly pages: Record<PageSource, number>;
  /** Events of those pages. */
  readonly pageEvents: Record<PageSource, number>;
  readonly gaps: Record<Gap["reason"], number>;
  readonly disconnects: Record<DisconnectReason, number>;
  readonly refusals: Record<ErrorCode, number>;
}

/** Counts from nothing. */
export function createMeter(): Meter {
  const counts = toCounts();
  const flushes = new Histogram({
    name: "tidings_flush_events",
    help: "Events of one flush of an audience",
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
    registers: [],
  });
  const appends = new Histogram({
    name: "tidings_append_seconds",
    help: "Seconds until a publication or batch was as durable as the store promises",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [],
  });
  const recentAppends = createHistogram();
  return {
    counts,
    flushes,
    appends,
    recentAppends,
    observer: {
      flushed({ events, connections, written }) {
        counts.deliveries += events * connections;
        counts.bytes += written;
        flushes.observe(events);
      },
      appended({ milliseconds }) {
        appends.observe(milliseconds / 1000);
        recentAppends.record(Math.max(1, Math.round(milliseconds * 1000)));
      },
      appendFailed() {
        counts.appendFailures++;
      },
      paged({ source, events }) {
        counts.pages[source]++;
        counts.pageEvents[source] += events;
      },
      gapTold(reason) {
        counts.gaps[reason]++;
      },
    },
    disconnected(reason) {
      counts.disconnects[reason]++;
    },
    refused(code) {
      counts.refusals[code]++;
    },
  };
}

function toCounts(): Counts {
  return {
    deliveries: 0,
    bytes: 0,
    appendFailures: 0,
    pages: { store: 0, tail: 0 },
    pageEvents: { store: 0, tail: 0 },
    gaps: { trimmed: 0, reset: 0, unknown: 0 },
    disconnects: {
      closed: 0,
      ended: 0,
      drain: 0,
      kicked: 0,
      expired: 0,
      slow_consumer: 0,
      stalled: 0,
      unauthorized: 0,
      store_failed: 0,
    },
    refusals: Object.fromEntries(Object.keys(ERRORS).map((code) => [code, 0])) as Record<ErrorCode, number>,
  };
}
