import { createParser, type Parser } from "@tidings/wire";
import { expect, onTestFinished } from "vitest";
import { deflate } from "../../src/deflate.ts";
import { openHub } from "../../src/hub/hub.ts";
import type { TailBounds } from "../../src/hub/tail.ts";
import type { ConnectRequest, Hub, HubOptions, Refusal, StreamHandle } from "../../src/hub/types.ts";
import type { Deflate } from "../../src/ports/deflate.ts";
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

  elapsed(): number {
    return this.time;
  }

  after(milliseconds: number, task: () => void): () => void {
    const stop = this.every(milliseconds, () => {
      stop();
      task();
    });
    return stop;
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

/** What the ids of a test hub begin with: its epoch, from the time and chance of {@link TestRuntime}. */
export const EPOCH: string = `${Date.UTC(2026, 0, 1).toString(36)}i000`;

/** The id of an offset in a test hub's first epoch. */
export function id(offset: number): string {
  return `${EPOCH}-${offset}`;
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
  /** While true the transport stays when it is ended or destroyed, as one does whose bytes do not go out. */
  lingers = false;
  buffered = 0;
  progress = 0;
  transport = "test";
  ended = false;
  destroyed = false;
  handle: StreamHandle | undefined;
  readonly #parser: Parser = createParser({
    onEvent: ({ id, event, topic, data }) => {
      this.blocks.push({ id, event, topic, data });
    },
    onRetry: (retry) => this.retries.push(retry),
    onId: (id) => this.ids.push(id),
  });

  write(bytes: Uint8Array): void {
    expect(this.ended || this.destroyed, "written to after its end").toBe(false);
    this.writes.push(bytes);
    if (this.stalled) this.buffered += bytes.length;
    this.#parser.feed(bytes);
  }

  end(): void {
    this.ended = true;
    if (!this.lingers) queueMicrotask(() => this.handle?.closed());
  }

  destroy(): void {
    this.destroyed = true;
    if (!this.lingers) queueMicrotask(() => this.handle?.closed());
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

  /** All of the stream, or what came after so many writes. */
  text(from = 0): string {
    return Buffer.concat(this.writes.slice(from)).toString();
  }

  /** The stream, block by block. */
  get parts(): string[] {
    return toParts(this.text());
  }
}

/** A stream, block by block, each with its blank line. */
export function toParts(text: string): string[] {
  return text.split(/(?<=\n\n)/);
}

/** The last event id of a reader that came with one and has been sent some text. */
export function lastEventIdAfter(text: string, lastEventId = ""): string {
  const parser = createParser({ lastEventId, onEvent: () => {} });
  parser.feed(text);
  return parser.lastEventId;
}

/** `tidings:open` as it goes out to the n-th connection of a test hub; without an offset it has no id. */
export function openText(n: number, topics: readonly string[], offset?: number): string {
  const data = `{"connection":"${n}-i00000","heartbeat":15000,"topics":${JSON.stringify(topics)}}`;
  return `${offset === undefined ? "" : `id: ${id(offset)}\n`}event: tidings:open\nretry: 2000\ndata: ${data}\n\n`;
}

/** A publication as it goes out. */
export function eventText(offset: number, topic: string, data: string): string {
  return `id: ${id(offset)}\ntopic: ${topic}\ndata: ${data}\n\n`;
}

/** `tidings:gap` as it goes out. */
export function gapText(reason: string, after: string, resumesAt: string): string {
  return `id: ${resumesAt}\nevent: tidings:gap\ndata: {"reason":"${reason}","after":"${after}","resumesAt":"${resumesAt}"}\n\n`;
}

/** `tidings:live` as it goes out. */
export function liveText(offset: number): string {
  return `id: ${id(offset)}\nevent: tidings:live\ndata: {}\n\n`;
}

/** `tidings:end` as it goes out. */
export function endText(offset: number, topic: string): string {
  return `id: ${id(offset)}\nevent: tidings:end\ntopic: ${topic}\ndata: {"topic":"${topic}"}\n\n`;
}

/** `tidings:bye` as it goes out. */
export function byeText(reason: string, reconnect: boolean): string {
  return `event: tidings:bye\ndata: {"reason":"${reason}","reconnect":${reconnect}}\n\n`;
}

/** A hub with time in a test's hands. */
export function createTestHub(
  options: HubOptions = {},
  store: Store = memory(),
  bounds?: TailBounds,
  compress: Deflate = deflate,
): { hub: Hub; runtime: TestRuntime } {
  const runtime = (options.runtime as TestRuntime | undefined) ?? new TestRuntime();
  return { hub: openHub(store, { runtime, ...options }, compress, bounds), runtime };
}

/** A hub that is open, and is closed after the test: then no timer may be left. */
export async function startHub(
  options: HubOptions = {},
  store: Store = memory(),
  bounds?: TailBounds,
  compress?: Deflate,
): Promise<{ hub: Hub; runtime: TestRuntime }> {
  const started = createTestHub(options, store, bounds, compress);
  onTestFinished(() => stopHub(started));
  await started.hub.ready;
  return started;
}

/** Closes a hub, whatever its readers do. */
export async function stopHub({ hub, runtime }: { hub: Hub; runtime: TestRuntime }): Promise<void> {
  const closed = hub.close({ drain: 1_000 });
  for (let step = 0; step < 3; step++) {
    await settle();
    runtime.advance(1_000);
  }
  await closed;
  expect(runtime.timers).toBe(0);
}

/** Where history is: the hub's tail holds all of it, or nothing. */
export const IN_TAIL: TailBounds = { records: 10_000, bytes: 1e9 };
export const IN_STORE: TailBounds = { records: 0, bytes: 0 };

/** A store with some of its methods replaced. */
export function withMethods(store: Store, methods: Partial<Store>): Store {
  return new Proxy(store, {
    get: (target, name) => {
      const value = methods[name as keyof Store] ?? target[name as keyof Store];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Publishes strings to a topic, in one turn. */
export async function publishAll(hub: Hub, topic: string, data: readonly string[]): Promise<void> {
  await Promise.all(data.map((each) => hub.publish(topic, each)));
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
