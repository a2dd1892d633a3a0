import type { Retention, SlowConsumerPolicy } from "@tidings/server";
import { isLoopbackHostname } from "../http/loopback.ts";
import {
  bytes,
  choice,
  duration,
  integer,
  type Kind,
  origins,
  positiveDuration,
  retentionRules,
  text,
  toggle,
  unbounded,
} from "./kinds.ts";

/** How loud the log is. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The configuration of a hub. Everything has a default. */
export interface HubConfig {
  /** Port to listen on; 0 takes a free one. Default 4400. */
  readonly port?: number;
  /** Address to listen on, a loopback one. Default `127.0.0.1`. */
  readonly host?: string;
  /** The SQLite file with the history. Default `tidings.db` in the working directory. */
  readonly data?: string;
  /** Keep the history in memory instead; it is gone when the hub stops. Default false. */
  readonly memory?: boolean;
  /** Origins beside the loopback ones whose pages may call the hub; `*` for all. Default none. */
  readonly corsOrigin?: readonly string[];
  /** Milliseconds a closing hub gives its readers to take what was written to them. Default 3,000. */
  readonly drain?: number;
  /** Default `info`. */
  readonly logLevel?: LogLevel;
  /** Milliseconds a publication is kept. Default 7 days. */
  readonly maxAge?: number;
  /** Publications kept of each topic. Default 10,000 (in memory: 1,000). */
  readonly maxCount?: number;
  /** Bytes of data kept of each topic. Default: no bound of its own. */
  readonly maxBytes?: number;
  /** Bytes of data kept in all. Default 1 GiB (in memory: 64 MiB). */
  readonly maxTotalBytes?: number;
  /** Bounds of history by topic or pattern; the most specific match wins. Default none. */
  readonly retention?: Readonly<Record<string, Retention>>;
  /** Open connections. Default 50,000. */
  readonly maxConnections?: number;
  /** Topics and patterns of one connection. Default 100. */
  readonly maxTopicsPerConnection?: number;
  /** Bytes of one event's data. Default 1 MiB. */
  readonly maxEventBytes?: number;
  /** Bytes of the body of one batch. Default 8 MiB. */
  readonly maxBatchBytes?: number;
  /** Bytes a socket may hold before its reader counts as slow. Default 256 KiB. */
  readonly maxBufferedBytes?: number;
  /** What to do with a slow reader. Default `resume`. */
  readonly slowConsumer?: SlowConsumerPolicy;
  /** Milliseconds without a byte after which a reader gets a heartbeat. Default 15,000. */
  readonly heartbeat?: number;
  /** Mean reconnection time told to readers, in milliseconds. Default 2,000. */
  readonly retry?: number;
}

/** One setting: what it may be and what it says in `--help`. Its names follow from its key. */
export interface OptionSpec<T> {
  readonly kind: Kind<T>;
  readonly help: string;
  /** Shown in `--help`; the value itself is in {@link DEFAULTS}, or is the engine's own. */
  readonly default?: string;
  /** Has a structure that neither a flag nor a variable can hold. */
  readonly fileOnly?: true;
}

const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
const SLOW_CONSUMER_POLICIES = ["resume", "latest", "disconnect"] as const satisfies readonly SlowConsumerPolicy[];

/** A host name or address that only this machine can reach. */
const loopbackHost: Kind<string> = {
  placeholder: "<address>",
  allowed:
    "127.0.0.1, ::1 or localhost: this version has no keys yet, so that whoever reached another address could publish and read everything",
  parse: (value) =>
    typeof value === "string" && isLoopbackHostname(value.replace(/^\[(.*)\]$/, "$1"))
      ? value.replace(/^\[(.*)\]$/, "$1")
      : undefined,
};

/** The settings of `tidings serve`: flags, variables, the keys of the file and `--help` are all made of this table. */
export const OPTIONS: { readonly [K in keyof Required<HubConfig>]: OptionSpec<Required<HubConfig>[K]> } = {
  port: { kind: integer(0, 65_535), default: "4400", help: "Port to listen on; 0 takes a free one" },
  host: { kind: loopbackHost, default: "127.0.0.1", help: "Address to listen on, a loopback one" },
  data: { kind: text("<file>", "the name of a file"), default: "tidings.db", help: "SQLite file with the history" },
  memory: { kind: toggle, help: "Keep the history in memory; it is gone when the hub stops" },
  corsOrigin: {
    kind: origins,
    help: "Origin whose pages may call the hub (repeatable, or *); loopback ones always may",
  },
  drain: { kind: duration, default: "3s", help: "How long a closing hub waits for its readers" },
  logLevel: { kind: choice(LOG_LEVELS), default: "info", help: "How much to log, on stderr" },
  maxAge: { kind: unbounded(positiveDuration), default: "7d", help: "How long an event is kept" },
  maxCount: { kind: unbounded(integer(1)), default: "10000, memory: 1000", help: "Events kept of each topic" },
  maxBytes: { kind: unbounded(bytes), default: "none", help: "Bytes of data kept of each topic" },
  maxTotalBytes: { kind: unbounded(bytes), default: "1GiB, memory: 64MiB", help: "Bytes of data kept in all" },
  retention: { kind: retentionRules, fileOnly: true, help: "maxAge, maxCount and maxBytes by topic or pattern" },
  maxConnections: { kind: integer(1), default: "50000", help: "Open connections" },
  maxTopicsPerConnection: { kind: integer(1), default: "100", help: "Topics and patterns of one connection" },
  maxEventBytes: { kind: bytes, default: "1MiB", help: "Bytes of one event" },
  maxBatchBytes: { kind: bytes, default: "8MiB", help: "Bytes of one batch" },
  maxBufferedBytes: { kind: bytes, default: "256KiB", help: "Unread bytes that make a reader a slow one" },
  slowConsumer: { kind: choice(SLOW_CONSUMER_POLICIES), default: "resume", help: "What to do with a slow reader" },
  heartbeat: { kind: positiveDuration, default: "15s", help: "Silence after which a reader gets a heartbeat" },
  retry: { kind: positiveDuration, default: "2s", help: "Mean time after which a reader comes back" },
};

/** The defaults that are the hub's own; what is not here is left to the engine and the store. */
export const DEFAULTS = {
  port: 4400,
  host: "127.0.0.1",
  data: "tidings.db",
  memory: false,
  corsOrigin: [],
  drain: 3000,
  logLevel: "info",
  maxEventBytes: 2 ** 20,
  maxBatchBytes: 8 * 2 ** 20,
} as const satisfies HubConfig;

/** A configuration with the hub's own defaults filled in. */
export type Settings = HubConfig & { readonly [K in keyof typeof DEFAULTS]: Required<HubConfig>[K] };
