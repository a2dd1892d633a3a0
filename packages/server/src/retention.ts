import { TidingsError } from "./errors.ts";
import { assertPattern, assertTopic, compareSpecificity, isPattern, matchesPattern } from "./topics.ts";

/** How much of a topic's history is kept. What is over any one bound goes, oldest first. */
export interface Retention {
  /** Milliseconds. Default 7 days. */
  readonly maxAge?: number;
  /** Publications. Default 10,000 (memory store: 1,000). */
  readonly maxCount?: number;
  /** Bytes of data. Default: no bound of its own. */
  readonly maxBytes?: number;
}

/** The retention of a whole log. */
export interface RetentionOptions extends Retention {
  /** By topic or pattern; the most specific match wins, and what it leaves out is taken from the general bounds. */
  readonly topics?: Readonly<Record<string, Retention>>;
  /**
   * Bytes in all topics together: data, and {@link PUBLICATION_OVERHEAD} for each publication. Beyond it the oldest of
   * the whole log goes first. Default 1 GiB (memory store: 64 MiB).
   */
  readonly maxTotalBytes?: number;
}

/** A retention with no bound left open. */
export type ResolvedRetention = Required<Retention>;

/** A retention ready for use by a store. */
export interface RetentionPolicy {
  readonly maxTotalBytes: number;
  /** The bounds of one topic. */
  for(topic: string): ResolvedRetention;
}

/**
 * What a publication weighs beside its data, in bytes, so that a flood of empty ones over ever new topics is bounded
 * too. About what one takes in memory, or in a row with its index.
 */
export const PUBLICATION_OVERHEAD = 256;

const WEEK = 7 * 24 * 60 * 60 * 1000;

/**
 * The policy for the given options, over a store's own defaults.
 *
 * @throws TidingsError `invalid_option` naming the option
 */
export function toRetentionPolicy(
  options: RetentionOptions,
  defaults: { maxCount: number; maxTotalBytes: number },
): RetentionPolicy {
  const general = resolve(options, { maxAge: WEEK, maxCount: defaults.maxCount, maxBytes: Infinity }, "retention");
  const rules = Object.entries(options.topics ?? {})
    .map(([name, retention]) => {
      const option = `retention.topics["${name}"]`;
      assertName(name, option);
      return { name, retention: resolve(retention, general, option) };
    })
    .sort((a, b) => compareSpecificity(a.name, b.name));
  const maxTotalBytes = options.maxTotalBytes ?? defaults.maxTotalBytes;
  assertBound(maxTotalBytes, "retention.maxTotalBytes");
  return {
    maxTotalBytes,
    for: (topic) =>
      rules.find(({ name }) => name === topic || (isPattern(name) && matchesPattern(name, topic)))?.retention ??
      general,
  };
}

function resolve(given: Retention, over: ResolvedRetention, option: string): ResolvedRetention {
  const resolved = {
    maxAge: given.maxAge ?? over.maxAge,
    maxCount: given.maxCount ?? over.maxCount,
    maxBytes: given.maxBytes ?? over.maxBytes,
  };
  for (const [name, value] of Object.entries(resolved)) assertBound(value, `${option}.${name}`);
  return resolved;
}

function assertName(name: string, option: string): void {
  try {
    if (isPattern(name)) assertPattern(name);
    else assertTopic(name);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TidingsError("invalid_option", `${option}: ${why}`, { field: option, cause: error });
  }
}

function assertBound(value: number, option: string): void {
  if (typeof value === "number" && value > 0) return;
  throw new TidingsError("invalid_option", `${option} must be a number above 0, or Infinity for no bound.`, {
    field: option,
  });
}
