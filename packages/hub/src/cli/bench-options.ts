import { bytes, integer, type Kind, positiveDuration, toggle } from "../config/kinds.ts";
import type { OptionSpec } from "../config/options.ts";
import { tokenOption } from "./client-options.ts";

/** Longer runs measure nothing more, and a mistyped one should end. */
const MAX_DURATION = 3_600_000;
const MAX_BYTES = 2 ** 20;
/** A number and a time stand in each event. */
const MIN_BYTES = 40;

const duration: Kind<number> = {
  ...positiveDuration,
  allowed: `${positiveDuration.allowed}, at most 1h`,
  parse: (value) => atMost(positiveDuration.parse(value), MAX_DURATION),
};

const payload: Kind<number> = {
  ...bytes,
  allowed: `${MIN_BYTES} bytes to 1MiB`,
  parse: (value) => {
    const number = atMost(bytes.parse(value), MAX_BYTES);
    return number !== undefined && number >= MIN_BYTES ? number : undefined;
  },
};

/** The settings of `tidings bench`. */
export const BENCH_OPTIONS = {
  readers: { kind: integer(1, 50_000), default: "100", help: "Streams to open" },
  topics: { kind: integer(1, 1000), default: "1", help: "Topics over which readers and events are spread" },
  rate: { kind: integer(1, 100_000), default: "100", help: "Events to publish a second, of all topics" },
  duration: { kind: duration, default: "10s", help: "How long to publish" },
  bytes: { kind: payload, default: "125", help: "Bytes of one event" },
  json: { kind: toggle, help: "Print the result as JSON" },
  token: tokenOption,
} as const satisfies Record<string, OptionSpec<unknown>>;

/** What is not given. */
export const BENCH_DEFAULTS = { readers: 100, topics: 1, rate: 100, duration: 10_000, bytes: 125 } as const;

function atMost(value: number | undefined, bound: number): number | undefined {
  return value !== undefined && value <= bound ? value : undefined;
}
