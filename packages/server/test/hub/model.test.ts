import fc from "fast-check";
import { expect, test } from "vitest";
import type { TailBounds } from "../../src/hub/tail.ts";
import { memory } from "../../src/stores/memory.ts";
import { isSubscribed, toSubscription } from "../../src/topics.ts";
import { createTestHub, holdReads, listen, settle, TestReader, TestRuntime } from "./support.ts";

// A reader, over however many connections, sees exactly the publications of its topics, once each, in order; whatever
// happens in between. The actions are what can interleave: publishing, the end of a turn, a socket that fills and drains,
// a page of the store that takes its time, a cut anywhere, a heartbeat.

const TOPICS = ["a", "b", "c/1", "c/2"];
const SUBSCRIPTIONS = [["a"], ["a", "b"], ["c/*"], ["**"], ["a", "c/**"], ["c/1", "c/*"], ["b", "a", "c/2"]];

type Action =
  | { type: "publish"; topic: string; size: number }
  | { type: "batch"; topics: string[] }
  | { type: "turn" }
  | { type: "beat" }
  | { type: "release" }
  | { type: "open"; reader: number }
  | { type: "cut"; reader: number }
  | { type: "stall"; reader: number }
  | { type: "drain"; reader: number };

const reader = fc.nat(SUBSCRIPTIONS.length * 2 - 1);
const topic = fc.constantFrom(...TOPICS);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant("publish" as const), topic, size: fc.constantFrom(1, 10, 3_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("batch" as const),
      topics: fc.array(topic, { minLength: 2, maxLength: 5 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("turn" as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("beat" as const) }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant("release" as const) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("open" as const), reader }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("cut" as const), reader }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("stall" as const), reader }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("drain" as const), reader }) },
);

/** A person who listens: over one connection after another, with the last event id of the one before. */
interface Listener {
  topics: string[];
  lastEventId: string | undefined;
  /** Publications before this one had been sent when it first came. */
  from: number | undefined;
  seen: string[];
  current: TestReader | undefined;
  opening: Promise<void> | undefined;
}

test.each([
  ["in the tail", { records: 10_000, bytes: 1e9 }],
  ["partly in the tail", { records: 3, bytes: 1e9 }],
  ["in the store alone", { records: 0, bytes: 0 }],
])(
  "every reader sees exactly its topics' publications, once, in order: history %s",
  async (_, bounds) => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 120 }), fc.integer(), (actions, seed) =>
        run(actions, seed, bounds),
      ),
      { numRuns: Number(process.env.MODEL_RUNS ?? 300) },
    );
  },
  600_000,
);

async function run(actions: Action[], seed: number, bounds: TailBounds): Promise<void> {
  const runtime = new TestRuntime(createRandom(seed));
  const held = holdReads(memory());
  const { hub } = createTestHub({ runtime, limits: { bufferedBytes: 2_000 } }, held.store, bounds);
  await hub.ready;
  const log: { topic: string; data: string }[] = [];
  const listeners: Listener[] = [...SUBSCRIPTIONS, ...SUBSCRIPTIONS].map((topics) => ({
    topics,
    lastEventId: undefined,
    from: undefined,
    seen: [],
    current: undefined,
    opening: undefined,
  }));

  const publish = (topic: string, size: number): { topic: string; data: string } => {
    const event = { topic, data: `${log.length}:${"x".repeat(size)}` };
    log.push(event);
    return event;
  };
  const cut = (listener: Listener): void => {
    const { current } = listener;
    if (current === undefined) return;
    listener.seen.push(...current.data);
    listener.lastEventId = current.lastEventId;
    listener.current = undefined;
    current.handle?.closed();
    expect(current.named("tidings:gap")).toEqual([]);
  };
  const open = async (listener: Listener): Promise<void> => {
    if (listener.current !== undefined || listener.opening !== undefined) return;
    const { topics, lastEventId } = listener;
    listener.opening = (async () => {
      // What is published after it came is for it.
      const reader = new TestReader();
      const first = log.length;
      await listen(hub, { topics, ...(lastEventId !== undefined && { lastEventId }) }, reader);
      listener.current = reader;
      listener.opening = undefined;
      if (listener.from === undefined) listener.from = first;
    })();
    await settle();
  };

  for (const step of actions) {
    const listener = "reader" in step ? (listeners[step.reader] as Listener) : undefined;
    if (step.type === "publish") void hub.publish(step.topic, publish(step.topic, step.size).data);
    else if (step.type === "batch") void hub.publishBatch(step.topics.map((topic) => publish(topic, 5)));
    else if (step.type === "turn") {
      await settle();
      runtime.endTurn();
    } else if (step.type === "beat") runtime.advance(16_000);
    else if (step.type === "release") await held.release();
    else if (step.type === "open") await open(listener as Listener);
    else if (step.type === "cut") cut(listener as Listener);
    else if (step.type === "stall") {
      const current = listener?.current;
      if (current !== undefined) current.stalled = true;
    } else listener?.current?.drain();
  }

  // In the end everybody comes back, and everything drains.
  for (const listener of listeners) await open(listener);
  for (let round = 0; round < 40; round++) {
    await held.release();
    runtime.endTurn();
    for (const { current } of listeners) current?.drain();
  }
  for (const listener of listeners) {
    expect(listener.current, "connected").toBeDefined();
    expect(hub.connections().find(({ id }) => (listener.current?.handle as { id?: string })?.id === id)?.state).toBe(
      "live",
    );
    const { topics, from } = listener;
    cut(listener);
    const subscription = toSubscription(topics);
    const all = log.filter(({ topic }) => isSubscribed(subscription, topic)).map(({ data }) => data);
    const expected = all.filter((data) => Number.parseInt(data, 10) >= (from as number));
    // It may have been given some that were on their way to others when it came: they are its topics' newest, in order.
    const extra = listener.seen.length - expected.length;
    expect(extra).toBeGreaterThanOrEqual(0);
    expect(listener.seen).toEqual(all.slice(all.length - expected.length - extra));
  }
  await settle();
  expect(hub.status().connections).toBe(0);
  await hub.close();
  expect(runtime.timers).toBe(0);
}

/** A small seeded generator (mulberry32): the same seed gives the same run. */
function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
