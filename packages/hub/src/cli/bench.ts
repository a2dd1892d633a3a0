import type { Plan } from "../bench/plan.ts";
import { createProgress } from "../bench/progress.ts";
import { type Outcome, type Percentiles, runBench } from "../bench/run.ts";
import { UsageError } from "../config/usage-error.ts";
import { parseArguments, readFlag } from "./arguments.ts";
import { BENCH_DEFAULTS, BENCH_OPTIONS } from "./bench-options.ts";
import { toCredentials, toHubUrl } from "./client-options.ts";
import type { Command } from "./command.ts";
import { describeFailure } from "./problem.ts";

/** `tidings bench`: measures a deployment, with whatever stands before it. */
export const bench: Command = {
  usage: "bench <url> [options]",
  summary: "measure a hub: how much it delivers, how late, and whether each event came once, in order",
  options: BENCH_OPTIONS,
  notes: `Publishes to topics under bench/, and deletes them afterwards if it may; with keys, the token needs "bench/**" to publish
and to subscribe. The exit code is 1 if anything was lost, duplicated or reordered, or a reader not let in.`,
  run: async (argv) => {
    const { flags, positionals } = parseArguments(argv, BENCH_OPTIONS);
    if (positionals.length > 1)
      throw new UsageError(`tidings bench takes one address, but got "${positionals[1]}" too.`);
    const url = toHubUrl(positionals[0] === undefined ? {} : { url: positionals[0] }, "");
    const number = (key: keyof typeof BENCH_DEFAULTS): number =>
      readFlag(flags, key, BENCH_OPTIONS[key].kind) ?? BENCH_DEFAULTS[key];
    const plan: Plan = {
      url: url.href.replace(/\/+$/, ""),
      headers: toCredentials(flags),
      readers: number("readers"),
      topics: number("topics"),
      rate: number("rate"),
      duration: number("duration"),
      bytes: number("bytes"),
    };
    if (plan.topics > plan.readers)
      throw new UsageError(`--topics is ${plan.topics}, more than the ${plan.readers} readers: each needs one.`);
    process.stderr.write(`${describePlan(plan)}\n`);
    const { onProgress, end } = createProgress(process.stderr);
    let outcome: Outcome;
    try {
      outcome = await runBench(plan, onProgress).finally(end);
    } catch (error) {
      const isUnanswered = (error as Error).cause !== undefined;
      process.stderr.write(`tidings: ${isUnanswered ? describeFailure(url, error) : (error as Error).message}\n`);
      return 1;
    }
    const { headers: _, ...shown } = plan;
    process.stdout.write(flags.json === true ? `${JSON.stringify({ plan: shown, ...outcome })}\n` : describe(outcome));
    return outcome.lost + outcome.duplicated + outcome.reordered + outcome.refused === 0 ? 0 : 1;
  },
};

function describePlan({ url, readers, topics, rate, duration, bytes }: Plan): string {
  const deliveries = Math.round((rate * duration * readers) / topics / 1000);
  return `${url}: ${count(readers)} readers of ${count(topics)} topics, ${count(rate)} events a second of ${count(bytes)} bytes for ${duration / 1000} s, ${count(deliveries)} deliveries`;
}

function describe(outcome: Outcome): string {
  const { readers, refused, refusal, cut, published, delivered, lost, duplicated, reordered, cpu } = outcome;
  const rows: (readonly [string, string])[] = [
    ["readers", `${count(readers)}${refused > 0 ? `, ${count(refused)} not let in: ${refusal}` : ""}`],
    ["published", `${count(published)}, ${count(outcome.publishedPerSecond)} a second`],
    ["delivered", `${count(delivered)}, ${count(outcome.deliveredPerSecond)} a second`],
    ["latency", percentiles(outcome.latency)],
    ["connect", percentiles(outcome.connect)],
    ["lost", `${count(lost)}${cut > 0 ? `, with ${count(cut)} streams cut` : ""}`],
    ["duplicated", count(duplicated)],
    ["reordered", count(reordered)],
  ];
  const table = rows.map(([name, value]) => `  ${name.padEnd(11)} ${value}\n`).join("");
  return cpu < 0.9
    ? table
    : `${table}\n  This command took ${Math.round(cpu * 100)} % of a core: the hub may well be faster than it can read.\n`;
}

function percentiles({ p50, p90, p99, max }: Percentiles): string {
  return `p50 ${p50.toFixed(1)} ms, p90 ${p90.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${max.toFixed(1)} ms`;
}

function count(number: number): string {
  return Math.round(number).toLocaleString("en");
}
