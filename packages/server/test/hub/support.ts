import { createParser } from "@tidings/wire";
import { openHub } from "../../src/hub/hub.ts";
import type { TailBounds } from "../../src/hub/tail.ts";
import type { ConnectRequest, Hub, HubOptions, Refusal, StreamHandle } from "../../src/hub/types.ts";
import type { Runtime } from "../../src/ports/runtime.ts";
import type { Sink } from "../../src/ports/sink.ts";
import type { Page, Store } from "../../src/ports/store.ts";
import { memory } from "../../src/stores/memory.ts";

/** Time and chance in the hands of a test. The end of a turn comes when `endTurn` is called, or by itself with `live`. */
export class TestRuntime implements Runtime {
  time = Date.UTC(2026, 0, 1);
  random: () => number;
  #tasks: (() => void)[] = [];
  #intervals = new Set<{ every: number; next: number; task: () => void }>();
  #waits = new Set<{ until: number; done: () => void }>();

  constructor(random: () => number = () => 0.5) {
    this.random = random;
  }

  now(): number {
    return this.time;
  }

  atEndOfTurn(task: () => void): void {
    this.#tasks.push(task);
  }

  every(milliseconds: number, task: () => void): () => void {
    const interval = { every: milliseconds, next: this.time + milliseconds, task };
    this.#intervals.add(interval);
    return () => this.#intervals.delete(interval);
  }

  wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wait = { until: this.time + milliseconds, done: resolve };
      this.#waits.add(wait);
      const settle = (): void => {
        this.#waits.delete(wait);
        resolve();
      };
      if (signal.aborted) settle();
      else signal.addEventListener("abort", settle);
    });
  }

  /** Ends this turn of the event loop. */
  endTurn(): void {
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const task of tasks) task();
  }

  /** Lets time pass. */
  advance(milliseconds: number): void {
    const until = this.time + milliseconds;
    for (;;) {
      const due = [...this.#intervals].filter(({ next }) => next <= until).sort((a, b) => a.next - b.next)[0];
      if (due === undefined) break;
      this.time = due.next;
      due.next += due.every;
      due.task();
      this.endTurn();
    }
    this.time = until;
    for (const wait of this.#waits) {
      if (wait.until > until) continue;
      this.#waits.delete(wait);
      wait.done();
    }
  }

  get timers(): number {
    return this.#intervals.size + this.#waits.size;
  }
}

/** One block of a stream, as a reader sees it. */
export interface Block {
  id: string;
  event: string;
  topic: string | undefined;
  data: string;
}

/** A reader: a transport whose room a test decides on, and everything it was sent. */
export class TestReader implements Sink {
  readonly writes: Uint8Array[] = [];
  readonly blocks: Block[] = [];
  readonly retries: number[] = [];
  /** The ids of blocks that had nothing else: heartbeats. */
  readonly ids: string[] = [];
  /** While true nothing is taken: what is written stays buffered. */
  stalled = false;
  buffered = 0;
  progress = 0;
  ended = false;
  destroyed = false;
  handle: StreamHandle | undefined;
  readonly #parser = createParser({
    onEvent: ({ id, event, topic, data }) => {
      this.blocks.push({ id, event, topic, data });
    },
    onRetry: (retry) => this.retries.push(retry),
    onId: (id) => this.ids.push(id),
  });

  write(bytes: Uint8Array): void {
    this.writes.push(bytes);
    if (this.stalled) this.buffered += bytes.length;
    this.#parser.feed(bytes);
  }

  end(): void {
    this.ended = true;
    queueMicrotask(() => this.handle?.closed());
  }

  destroy(): void {
    this.destroyed = true;
    queueMicrotask(() => this.handle?.closed());
  }

  /** Takes everything that was buffered. */
  drain(): void {
    this.stalled = false;
    this.buffered = 0;
    this.handle?.drained();
  }

  /** Takes some of it. */
  take(bytes: number): void {
    this.buffered = Math.max(1, this.buffered - bytes);
    this.progress++;
  }

  /** What a native `EventSource` would send as `Last-Event-ID`. */
  get lastEventId(): string {
    return this.#parser.lastEventId;
  }

  /** Events of publications: no control events, no greetings. */
  get events(): Block[] {
    return this.blocks.filter(({ event }) => !event.startsWith("tidings:"));
  }

  get data(): string[] {
    return this.events.map(({ data }) => data);
  }

  named(event: string): Block[] {
    return this.blocks.filter((block) => block.event === event);
  }

  text(): string {
    return Buffer.concat(this.writes).toString();
  }
}

/** A hub with time in a test's hands. */
export function createTestHub(
  options: HubOptions = {},
  store: Store = memory(),
  bounds?: TailBounds,
): { hub: Hub; runtime: TestRuntime } {
  const runtime = (options.runtime as TestRuntime | undefined) ?? new TestRuntime();
  return { hub: openHub(store, { runtime, ...options }, bounds), runtime };
}

/** Connects a reader. @throws if the hub refuses */
export async function listen(
  hub: Hub,
  request: Partial<ConnectRequest> & { topics: readonly string[] },
  reader: TestReader = new TestReader(),
): Promise<TestReader> {
  const admission = await hub.connect(request);
  if (admission.kind === "refusal") throw new Error(`refused: ${admission.status} ${admission.body}`);
  reader.handle = admission.open(reader);
  return reader;
}

/** Connects a reader that is to be refused. @throws if it is not */
export async function refused(
  hub: Hub,
  request: Partial<ConnectRequest> & { topics: readonly string[] },
): Promise<Refusal> {
  const admission = await hub.connect(request);
  if (admission.kind === "stream") throw new Error("admitted");
  return admission;
}

/** Lets everything that can settle without a timer settle. */
export async function settle(): Promise<void> {
  for (let at = 0; at < 20; at++) await Promise.resolve();
}

/** A store whose reads wait until a test lets them go on, in the order the test wants. */
export function holdReads(store: Store): {
  store: Store;
  release: () => Promise<void>;
  waiting: () => number;
  reads: () => number;
} {
  let held: (() => void)[] = [];
  let reads = 0;
  const hold = async (read: () => Promise<Page>): Promise<Page> => {
    reads++;
    const page = await read();
    await new Promise<void>((resolve) => held.push(resolve));
    return page;
  };
  return {
    store: new Proxy(store, {
      get: (target, name) => {
        if (name === "read") return (request: Parameters<Store["read"]>[0]) => hold(() => target.read(request));
        if (name === "latest") return (request: Parameters<Store["latest"]>[0]) => hold(() => target.latest(request));
        const value = target[name as keyof Store];
        return typeof value === "function" ? value.bind(target) : value;
      },
    }),
    release: async () => {
      await settle();
      const now = held;
      held = [];
      for (const resolve of now) resolve();
      await settle();
    },
    waiting: () => held.length,
    reads: () => reads,
  };
}
