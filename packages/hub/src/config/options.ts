import { isIP } from "node:net";
import type { CompressionPolicy, Retention, SlowConsumerPolicy } from "@tidings/server";
import type { Algorithm } from "../auth/algorithms.ts";
import type { Rate } from "../http/publish-rate.ts";
import { algorithms, cookieName, patterns, publicKeys, secrets, texts, webAddress } from "./key-kinds.ts";
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
import { networks, rate } from "./limit-kinds.ts";

/** How loud the log is. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The configuration of a hub. Everything has a default. */
export interface HubConfig {
  /** Port to listen on; 0 takes a free one. Default 4400. */
  readonly port?: number;
  /** Address to listen on; without keys a loopback one. Default `127.0.0.1`. */
  readonly host?: string;
  /** The SQLite file with the history. Default `tidings.db` in the working directory. */
  readonly data?: string;
  /** Keep the history in memory instead; it is gone when the hub stops. Default false. */
  readonly memory?: boolean;
  /** Origins whose pages may call the hub, `*` for all; without keys beside the loopback ones. Default none. */
  readonly corsOrigin?: readonly string[];
  /** Secrets that tokens may be signed with; the first also mints. At least 32 bytes each. Default none. */
  readonly jwtSecret?: readonly string[];
  /** Public keys or certificates in PEM, or the name of a file with some. Default none. */
  readonly jwtPublicKey?: string;
  /** Where the keys are that verify tokens, as a JSON Web Key Set. Default none. */
  readonly jwksUrl?: string;
  /** Algorithms to accept, of those that fit the keys. Default: all that do. */
  readonly jwtAlg?: readonly Algorithm[];
  /** Audiences of which a token must name one. Default: any. */
  readonly jwtAudience?: readonly string[];
  /** Issuers of which a token must name one. Default: any. */
  readonly jwtIssuer?: readonly string[];
  /** The cookie that may hold a token. Default none. */
  readonly jwtCookie?: string;
  /** Whether `?authorization=` may hold a token. Default false. */
  readonly jwtQuery?: boolean;
  /** Topics and patterns that anyone may listen to and read the history of. Needs keys. Default none. */
  readonly public?: readonly string[];
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
  /** Open connections of one subject. Default 1,000. */
  readonly maxConnectionsPerSubject?: number;
  /** Open connections from one address; of IPv6, from one /64. Default: no bound of its own. */
  readonly maxConnectionsPerAddress?: number;
  /** Open sockets, those of connections included. Default: `maxConnections` and 1,000 more. */
  readonly maxSockets?: number;
  /** Topics and patterns of one connection. Default 100. */
  readonly maxTopicsPerConnection?: number;
  /** Bytes of one event's data. Default 1 MiB. */
  readonly maxEventBytes?: number;
  /** Bytes of the body of one batch. Default 8 MiB. */
  readonly maxBatchBytes?: number;
  /** Bytes a socket may hold before its reader counts as slow. Default 256 KiB. */
  readonly maxBufferedBytes?: number;
  /** Bytes that all sockets together may hold. Default 256 MiB. */
  readonly maxTotalBufferedBytes?: number;
  /** How fast one subject, or without one an address, may publish. Default: no bound. */
  readonly publishRate?: Rate;
  /** Events that one of them may publish at once. Default: the count of `publishRate`. */
  readonly publishBurst?: number;
  /** Addresses and networks of proxies whose `X-Forwarded-For` is believed. Default none. */
  readonly trustProxy?: readonly string[];
  /** Milliseconds in which the headers of a request must have come. Default 10,000. */
  readonly headerTimeout?: number;
  /** Milliseconds in which a whole request must have come. Default 60,000. */
  readonly requestTimeout?: number;
  /** Milliseconds for which a connection without a request is kept. Default 72,000. */
  readonly idleTimeout?: number;
  /** What to do with a slow reader. Default `resume`. */
  readonly slowConsumer?: SlowConsumerPolicy;
  /** Which streams are compressed, for readers that accept gzip. Default `public`: those that need no token. */
  readonly compression?: CompressionPolicy;
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
const COMPRESSION_POLICIES = ["public", "all", "none"] as const satisfies readonly CompressionPolicy[];

/** A host name, or an address with or without the brackets that IPv6 has in a URL. */
const address: Kind<string> = {
  placeholder: "<address>",
  allowed: "an address or host name, such as 127.0.0.1, ::1 or 0.0.0.0",
  parse: (value) => {
    const host = typeof value === "string" ? value.replace(/^\[(.*)\]$/, "$1") : "";
    return isIP(host) !== 0 || /^[a-z\d]([\w.-]*[a-z\d])?$/i.test(host) ? host : undefined;
  },
};

/** The settings of `tidings serve`: flags, variables, the keys of the file and `--help` are all made of this table. */
export const OPTIONS: { readonly [K in keyof Required<HubConfig>]: OptionSpec<Required<HubConfig>[K]> } = {
  port: { kind: integer(0, 65_535), default: "4400", help: "Port to listen on; 0 takes a free one" },
  host: { kind: address, default: "127.0.0.1", help: "Address to listen on; without keys a loopback one" },
  data: { kind: text("<file>", "the name of a file"), default: "tidings.db", help: "SQLite file with the history" },
  memory: { kind: toggle, help: "Keep the history in memory; it is gone when the hub stops" },
  corsOrigin: {
    kind: origins,
    help: "Origin whose pages may call the hub (repeatable, or *); without keys, loopback ones always may",
  },
  jwtSecret: {
    kind: secrets,
    help: "Secret that signs tokens with HS256 and its kin; better as a variable (repeatable)",
  },
  jwtPublicKey: { kind: publicKeys, help: "Keys that verify tokens: RSA, EC or Ed25519" },
  jwksUrl: { kind: webAddress, help: "JSON Web Key Set with the keys that verify tokens" },
  jwtAlg: { kind: algorithms, help: "Accept these algorithms alone, of those that fit the keys (repeatable)" },
  jwtAudience: { kind: texts("<aud>", "audiences"), help: "Accept tokens for this audience alone (repeatable)" },
  jwtIssuer: { kind: texts("<iss>", "issuers"), help: "Accept tokens of this issuer alone (repeatable)" },
  jwtCookie: { kind: cookieName, help: "Take tokens from this cookie too" },
  jwtQuery: { kind: toggle, help: "Take tokens from ?authorization= too" },
  public: { kind: patterns, help: "Topic or pattern that anyone may listen to, without a token (repeatable)" },
  drain: { kind: duration, default: "3s", help: "How long a closing hub waits for its readers" },
  logLevel: { kind: choice(LOG_LEVELS), default: "info", help: "How much to log, on stderr" },
  maxAge: { kind: unbounded(positiveDuration), default: "7d", help: "How long an event is kept" },
  maxCount: { kind: unbounded(integer(1)), default: "10000, memory: 1000", help: "Events kept of each topic" },
  maxBytes: { kind: unbounded(bytes), default: "none", help: "Bytes of data kept of each topic" },
  maxTotalBytes: { kind: unbounded(bytes), default: "1GiB, memory: 64MiB", help: "Bytes of data kept in all" },
  retention: { kind: retentionRules, fileOnly: true, help: "maxAge, maxCount and maxBytes by topic or pattern" },
  maxConnections: { kind: integer(1), default: "50000", help: "Open connections" },
  maxConnectionsPerSubject: { kind: integer(1), default: "1000", help: "Open connections of one subject" },
  maxConnectionsPerAddress: { kind: integer(1), default: "none", help: "Open connections from one address" },
  maxSockets: {
    kind: integer(1),
    default: "maxConnections + 1000",
    help: "Open sockets, those of connections included",
  },
  maxTopicsPerConnection: { kind: integer(1), default: "100", help: "Topics and patterns of one connection" },
  maxEventBytes: { kind: bytes, default: "1MiB", help: "Bytes of one event" },
  maxBatchBytes: { kind: bytes, default: "8MiB", help: "Bytes of one batch" },
  maxBufferedBytes: { kind: bytes, default: "256KiB", help: "Unread bytes that make a reader a slow one" },
  maxTotalBufferedBytes: { kind: bytes, default: "256MiB", help: "Unread bytes that all sockets together may hold" },
  publishRate: { kind: rate, default: "none", help: "How fast a subject, or else an address, may publish: 100/s" },
  publishBurst: {
    kind: integer(1),
    default: "as many as the rate",
    help: "Events that one of them may publish at once",
  },
  trustProxy: {
    kind: networks,
    default: "none",
    help: "Address or network of a proxy whose X-Forwarded-For is believed (repeatable)",
  },
  headerTimeout: { kind: positiveDuration, default: "10s", help: "How long the headers of a request may take" },
  requestTimeout: { kind: positiveDuration, default: "60s", help: "How long a request may take to come in" },
  idleTimeout: { kind: positiveDuration, default: "72s", help: "How long a connection is kept for the next request" },
  slowConsumer: { kind: choice(SLOW_CONSUMER_POLICIES), default: "resume", help: "What to do with a slow reader" },
  compression: { kind: choice(COMPRESSION_POLICIES), default: "public", help: "Which streams to compress" },
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
  maxConnections: 50_000,
  maxEventBytes: 2 ** 20,
  maxBatchBytes: 8 * 2 ** 20,
  trustProxy: [],
  headerTimeout: 10_000,
  requestTimeout: 60_000,
  // Longer than proxies keep an idle connection, mostly 60 s, so that it is they who close it and no request is lost to it.
  idleTimeout: 72_000,
} as const satisfies HubConfig;

/** A configuration with the hub's own defaults filled in. */
export type Settings = HubConfig & { readonly [K in keyof typeof DEFAULTS]: Required<HubConfig>[K] };
