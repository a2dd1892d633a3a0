import { TidingsError } from "../errors.ts";
import type { Runtime } from "../ports/runtime.ts";
import { toRetentionPolicy } from "../retention.ts";
import { systemRuntime } from "./timers.ts";
import type { CompressionPolicy, HubOptions, Limits, SlowConsumerPolicy } from "./types.ts";

/** `HubOptions` with nothing left open. */
export interface Settings
  extends Pick<HubOptions, "topics" | "onConnected" | "onDisconnected" | "onOccupied" | "onVacated" | "observer"> {
  readonly validate: boolean;
  readonly heartbeat: number;
  readonly retry: number;
  readonly slowConsumer: SlowConsumerPolicy;
  readonly compression: CompressionPolicy;
  readonly limits: Required<Limits>;
  readonly vacatedAfter: number;
  readonly onError: (error: unknown) => void;
  readonly runtime: Runtime;
}

const DEFAULT_LIMITS: Required<Limits> = {
  connections: 50_000,
  connectionsPerSubject: 1_000,
  // Many readers share one behind a proxy, or in a benchmark.
  connectionsPerAddress: Number.POSITIVE_INFINITY,
  topicsPerConnection: 100,
  eventBytes: 1024 * 1024,
  batchEvents: 10_000,
  bufferedBytes: 256 * 1024,
  // A thousand readers that hold all they may.
  totalBufferedBytes: 256 * 1024 * 1024,
  // Generous, because a stalled reader holds little, and a slow one is not to be taken for it.
  stall: 120_000,
};

const SLOW_CONSUMER_POLICIES: readonly SlowConsumerPolicy[] = ["resume", "latest", "disconnect"];
const COMPRESSION_POLICIES: readonly CompressionPolicy[] = ["public", "all", "none"];

/** Checks the options of a hub and fills in the defaults. @throws TidingsError `invalid_option` naming the option */
export function toSettings(options: HubOptions): Settings {
  const limits = { ...DEFAULT_LIMITS };
  for (const [name, value] of Object.entries(options.limits ?? {}) as [keyof Limits, number | undefined][]) {
    if (!(name in DEFAULT_LIMITS))
      throw invalid(`limits.${name}`, `is not known; there are ${Object.keys(limits).join(", ")}`);
    if (value !== undefined) limits[name] = positive(`limits.${name}`, value);
  }
  // The store makes its own, over its own defaults; a wrong option is told to whoever made it.
  toRetentionPolicy(options.retention ?? {}, { maxCount: 1, maxTotalBytes: 1 });
  if (options.topics !== undefined && typeof options.topics.find !== "function")
    throw invalid("topics", "must be made by defineTopics");
  return {
    validate: options.validate ?? true,
    ...(options.topics && { topics: options.topics }),
    heartbeat: positive("heartbeat", options.heartbeat ?? 15_000),
    retry: positive("retry", options.retry ?? 2_000),
    slowConsumer: oneOf("slowConsumer", options.slowConsumer ?? "resume", SLOW_CONSUMER_POLICIES),
    compression: oneOf("compression", options.compression ?? "public", COMPRESSION_POLICIES),
    limits,
    // Longer than it takes to come back after a cut, at the default reconnection time.
    vacatedAfter: positive("vacatedAfter", options.vacatedAfter ?? 5_000),
    onError: options.onError ?? (() => {}),
    runtime: options.runtime ?? systemRuntime,
    ...(options.onConnected && { onConnected: options.onConnected }),
    ...(options.onDisconnected && { onDisconnected: options.onDisconnected }),
    ...(options.onOccupied && { onOccupied: options.onOccupied }),
    ...(options.onVacated && { onVacated: options.onVacated }),
    ...(options.observer && { observer: options.observer }),
  };
}

function positive(option: string, value: number): number {
  if (typeof value === "number" && value > 0) return value;
  throw invalid(option, "must be a number above 0");
}

function oneOf<T extends string>(option: string, value: T, known: readonly T[]): T {
  if (known.includes(value)) return value;
  throw invalid(option, `must be one of ${known.join(", ")}`);
}

function invalid(option: string, why: string): TidingsError {
  return new TidingsError("invalid_option", `The option ${option} ${why}.`, { field: option });
}
