import { collectDefaultMetrics, Registry } from "prom-client";

/** What would look at every socket of the process at each scrape. */
const PER_SOCKET = [
  "process_open_fds",
  ...["handles", "requests", "resources"].flatMap((name) => [`nodejs_active_${name}`, `nodejs_active_${name}_total`]),
];

let registry: Registry | undefined;

/**
 * Metrics of the process: CPU, memory, event-loop delay, garbage collection. One registry for all hubs in it, from the first
 * scrape on: before that nothing is measured.
 */
export function processRegistry(): Registry {
  if (registry !== undefined) return registry;
  registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of PER_SOCKET) registry.removeSingleMetric(name);
  return registry;
}
