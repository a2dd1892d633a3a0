import { Agent } from "node:http";
import { Agent as SecureAgent } from "node:https";
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import { type Plan, toTopics } from "./plan.ts";
import { publishAll } from "./publisher.ts";
import { openReader, type Reader } from "./reader.ts";
import type { Faults } from "./verdict.ts";

/** Milliseconds by the share of events that took no longer. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** What was measured. */
export interface Outcome extends Faults {
  /** Readers that were live before the first event. */
  readonly readers: number;
  /** Readers that were not let in, and why the first was not. */
  readonly refused: number;
  readonly refusal: string | undefined;
  /** Readers whose stream ended too early; what they missed is lost. */
  readonly cut: number;
  readonly published: number;
  readonly publishedPerSecond: number;
  /** Events that came, once each. */
  readonly delivered: number;
  readonly deliveredPerSecond: number;
  /** From just before its publication until a reader had it. */
  readonly latency: Percentiles;
  /** From the request until the stream was live. */
  readonly connect: Percentiles;
  /** The share of a core that this command took: near 1 it has measured itself. */
  readonly cpu: number;
}

/** What is told meanwhile: of so much of a phase, so much is done. */
export type OnProgress = (phase: "connecting" | "publishing" | "waiting", done: number, all: number) => void;

/** Readers that connect at the same time. */
const CONNECTING = 64;
/** How long nothing may come before what is missing counts as lost, in milliseconds. */
const SILENCE = 3000;
/** How often progress is told, in milliseconds. */
const LOOK = 100;

/**
 * Measures a hub: readers listen, events are published, and each reader is held to every event of its topic, once, in order.
 *
 * @throws Error if no reader is let in, or a publication is refused
 */
export async function runBench(plan: Plan, onProgress: OnProgress = () => {}): Promise<Outcome> {
  const topics = toTopics(plan);
  const latency = createHistogram({ figures: 3 });
  const connect = createHistogram({ figures: 3 });
  const agent = new (plan.url.startsWith("https:") ? SecureAgent : Agent)({ maxSockets: Number.POSITIVE_INFINITY });
  const readers: Reader[] = [];
  const refusals: string[] = [];
  let delivered = 0;
  let lastDelivery = 0;
  const onDelivered = (milliseconds: number): void => {
    delivered++;
    lastDelivery = performance.now();
    latency.record(toMicroseconds(milliseconds));
  };

  async function connectAll(): Promise<void> {
    let next = 0;
    const connectOn = async (): Promise<void> => {
      while (next < plan.readers) {
        const topic = next++ % topics.length;
        const address = `${plan.url}/events?topic=${topics[topic]}`;
        try {
          const reader = await openReader(address, topic, plan.headers, agent, onDelivered);
          readers.push(reader);
          connect.record(toMicroseconds(reader.connectTime));
        } catch (error) {
          refusals.push((error as Error).message);
        }
        onProgress("connecting", readers.length + refusals.length, plan.readers);
      }
    };
    await Promise.all(Array.from({ length: CONNECTING }, connectOn));
    if (readers.length === 0) throw new Error(`No reader was let in: ${refusals[0]}`);
  }

  try {
    await connectAll();
    const published = topics.map(() => 0);
    const cpu = process.cpuUsage();
    const start = performance.now();
    const look = setInterval(() => onProgress("publishing", performance.now() - start, plan.duration), LOOK);
    await publishAll(plan, topics, published).finally(() => clearInterval(look));
    const publishing = performance.now() - start;
    const count = ({ topic }: Reader): number => published[topic] as number;
    const expected = readers.reduce((sum, reader) => sum + count(reader), 0);

    // What can still come has somebody to come to.
    const isWaiting = (): boolean => readers.some((reader) => !reader.isCut && !reader.has(count(reader)));
    const allPublished = performance.now();
    while (isWaiting() && performance.now() - Math.max(lastDelivery, allPublished) < SILENCE) {
      onProgress("waiting", delivered, expected);
      await wait(LOOK);
    }
    const { user, system } = process.cpuUsage(cpu);
    const measured = Math.max(lastDelivery, allPublished) - start;
    const faults = readers.map((reader) => reader.faults(count(reader)));
    const sum = (name: keyof Faults): number => faults.reduce((total, each) => total + each[name], 0);
    const all = published.reduce((total, each) => total + each, 0);
    return {
      readers: readers.length,
      refused: refusals.length,
      refusal: refusals[0],
      cut: readers.filter(({ isCut }) => isCut).length,
      published: all,
      publishedPerSecond: (all * 1000) / publishing,
      delivered,
      deliveredPerSecond: (delivered * 1000) / measured,
      latency: toPercentiles(latency),
      connect: toPercentiles(connect),
      lost: sum("lost"),
      duplicated: sum("duplicated"),
      reordered: sum("reordered"),
      cpu: (user + system) / 1000 / measured,
    };
  } finally {
    for (const reader of readers) reader.close();
    agent.destroy();
    await forget(plan, topics);
  }
}

/** Deletes what was published, where the token may: nobody needs it any more. */
async function forget({ url, headers }: Plan, topics: readonly string[]): Promise<void> {
  for (const topic of topics) {
    const response = await fetch(`${url}/topics/${topic}`, { method: "DELETE", headers }).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.ok !== true && response?.status !== 404) return;
  }
}

/** The histogram counts in whole numbers, from 1. */
function toMicroseconds(milliseconds: number): number {
  return Math.max(1, Math.round(milliseconds * 1000));
}

function toPercentiles(histogram: RecordableHistogram): Percentiles {
  const at = (percentile: number): number => (histogram.count === 0 ? 0 : histogram.percentile(percentile) / 1000);
  return { p50: at(50), p90: at(90), p99: at(99), max: at(100) };
}
