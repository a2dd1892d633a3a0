import type { Hub } from "@tidings/server";
import { Counter, Gauge, Registry } from "prom-client";
import type { FileSize } from "../stats/file-size.ts";
import { VERSION } from "../version.ts";
import type { Meter } from "./meter.ts";

/**
 * The metrics of a hub, in a registry of its own. Values are fetched when they are asked for, so that nobody pays for metrics
 * that are not read. What each means is told in `docs/reference/metrics.md`.
 */
export function createRegistry(hub: Hub, { counts, flushes, appends }: Meter, fileSize: FileSize): Registry {
  const registry = new Registry();
  const registers = [registry];

  /** A value, or one for each of a closed set of names. */
  function counter(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }
  function counters(name: string, help: string, label: string, values: Readonly<Record<string, number>>): void {
    new Counter({
      name,
      help,
      registers,
      labelNames: [label],
      collect() {
        this.reset();
        for (const [key, value] of Object.entries(values)) this.inc({ [label]: key }, value);
      },
    });
  }
  function gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }

  new Gauge({ name: "tidings_info", help: "1", registers, labelNames: ["version", "store"] }).set(
    { version: VERSION, store: hub.status().store },
    1,
  );
  gauge("tidings_open", "1 while the history is open, else 0", () => (hub.status().state === "open" ? 1 : 0));
  new Gauge({
    name: "tidings_connections",
    help: "Open connections",
    registers,
    labelNames: ["state"],
    collect() {
      const { catchingUp, live, closing } = hub.status();
      this.set({ state: "catching-up" }, catchingUp);
      this.set({ state: "live" }, live);
      this.set({ state: "closing" }, closing);
    },
  });
  counter("tidings_publications_total", "Publications accepted", () => hub.status().publications);
  counter("tidings_deliveries_total", "Events written to live connections", () => counts.deliveries);
  counter("tidings_delivered_bytes_total", "Bytes of them", () => counts.bytes);
  registry.registerMetric(flushes);
  gauge(
    "tidings_lag_publications",
    "Publications of the log that the furthest connection is behind",
    () => hub.status().lag,
  );
  gauge("tidings_buffered_bytes", "Bytes that all sockets hold", () => hub.status().buffered);
  counters("tidings_catch_up_pages_total", "Pages made for readers that catch up", "source", counts.pages);
  counters("tidings_catch_up_events_total", "Events of those pages", "source", counts.pageEvents);
  counters("tidings_gaps_total", "Gaps that readers were told of", "reason", counts.gaps);
  counters("tidings_disconnects_total", "Connections that closed", "reason", counts.disconnects);
  counters("tidings_refusals_total", "Requests answered with an error", "code", counts.refusals);
  registry.registerMetric(appends);
  counter("tidings_append_failures_total", "Appends that the store refused", () => counts.appendFailures);
  gauge("tidings_store_file_bytes", "Bytes of the history's file; 0 in memory", () => fileSize() ?? 0);
  return registry;
}
