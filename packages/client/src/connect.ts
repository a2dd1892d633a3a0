import type { Topics } from "@tidings/wire/topics";
import { attempt } from "./attempt.ts";
import { createDecoder } from "./decode-data.ts";
import { createDelivery, type Memory } from "./delivery.ts";
import { type Environment, environment as world } from "./environment.ts";
import { ClientError } from "./errors.ts";
import { createIteratorQueue, type IteratorQueue } from "./iterator-queue.ts";
import { createKeeper } from "./keep-open.ts";
import { createLateDelivery } from "./late-delivery.ts";
import { callSafely, createListeners } from "./listeners.ts";
import { checkOptions, toUrl } from "./options.ts";
import { keepCursor } from "./persist.ts";
import { toRequest } from "./request.ts";
import type { SharedAttemptOptions } from "./share/member.ts";
import type { TypedConnectOptions, TypedEventStream } from "./typed.ts";
import type { ConnectOptions, EventStream, Snapshot, Status, StreamEvent, StreamEvents } from "./types.ts";

const DEFAULT_RETRY = 1000;
const DEFAULT_MAX_DELAY = 30_000;
const DEFAULT_LIMIT = 1000;

/** By the protocol a hub that was not heard for two announced intervals may be taken for dead (PROTOCOL.md, 5.4). */
const MISSED_HEARTBEATS = 2;

/**
 * Listens to a stream of events, and keeps listening: through cuts, restarts, sleep and bad networks it comes back to where
 * it was. Best of all with a Tidings hub, but any server of text/event-stream will do.
 *
 * The first request goes out at the end of the current turn, so that whoever listens by then misses nothing.
 *
 * @param url relative to the page or worker; absolute in Node
 * @throws {ClientError} `invalid_option`
 */
export function connect<const Declared extends Topics, const Name extends string = string>(
  url: string | URL,
  options: TypedConnectOptions<Declared, Name>,
): TypedEventStream<Declared, Name>;
export function connect<Data = unknown>(url: string | URL, options?: ConnectOptions<Data>): EventStream<Data>;
export function connect(
  url: string | URL,
  options: ConnectOptions | TypedConnectOptions<Topics, string> = {},
): EventStream {
  return createEventStream(url, options as ConnectOptions, world);
}

/** {@link connect}, in a world of its own. */
export function createEventStream<Data>(
  url: string | URL,
  options: ConnectOptions<Data>,
  environment: Environment,
): EventStream<Data> {
  checkOptions(options as ConnectOptions<never>);
  const base = toUrl(url, environment);
  const { signal, queue: { limit = DEFAULT_LIMIT, overflow = "pause" } = {}, stall = "auto" } = options;
  const cursor = keepCursor(options.persist, environment);
  const memory: Memory = {
    lastEventId: options.lastEventId ?? cursor.load(),
    retry: options.retry ?? DEFAULT_RETRY,
    isRetryTold: false,
    heartbeat: undefined,
    isLive: false,
    isFruitful: false,
    farewell: undefined,
  };
  const decode = createDecoder(options.raw, options.schema);
  const listeners = createListeners<StreamEvents<Data>>();
  const subscribers = new Set<() => void>();
  const queues = new Set<IteratorQueue<StreamEvent<Data>>>();
  let settle: { resolve(): void; reject(error: ClientError): void };
  const closed = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Whoever does not ask for it need not handle it.
  closed.catch(() => {});

  let { topics } = options;
  /** Those that the last attempt asked for. */
  let asked = topics;
  let isIdle = topics?.length === 0;
  let status: Status = "connecting";
  let error: ClientError | undefined;
  let snapshot: Snapshot | undefined;
  let isNotifying = false;
  let isChangingTopics = false;
  let hasWarned = false;
  let dropped = 0;
  /** Ends the pause that a full queue makes. */
  let readOn: (() => void) | undefined;

  const keeper = createKeeper({
    environment,
    memory,
    maxDelay: options.maxDelay ?? DEFAULT_MAX_DELAY,
    isRepeatable: options.idempotent ?? /^get$/i.test(options.method ?? "get"),
    hasFreshHeaders: typeof options.headers === "function",
    pausesWhenHidden: options.hidden === "pause",
    attempt: startAttempt,
    onStatus: setStatus,
    onError: fail,
    onClosed: (cause) => finish(cause, false),
  });

  /** Loaded by who asks for it; who cannot load it does without. */
  const sharing =
    options.share === undefined
      ? undefined
      : import("./share/index.ts").then(
          ({ createSharing }) =>
            createSharing({
              environment,
              url: base.href,
              options: options as ConnectOptions<never>,
              attempt,
              open: (shared) => createEventStream(base, shared, environment),
            }),
          () => ({ attempt, stop() {} }),
        );

  function startAttempt(about: { number: number; lastStatus: number | undefined }, controller: AbortController) {
    const { lastEventId } = memory;
    asked = topics;
    const late = createLateDelivery(environment, warnOfLateDelivery);
    const delivery = createDelivery<Data>({
      memory,
      audience: { listeners, queues },
      decode,
      late,
      signal: controller.signal,
      onOpen(event) {
        error = undefined;
        setStatus("open");
        if (!controller.signal.aborted) listeners.tell("open", event);
      },
      onLive: notify,
      onDropped: (count) => {
        dropped += count;
      },
    });
    const attemptOptions: SharedAttemptOptions = {
      environment,
      fetch: options.fetch ?? globalThis.fetch,
      request: (signal) =>
        toRequest(base, options as ConnectOptions<never>, environment, {
          topics,
          lastEventId: memory.lastEventId,
          ...about,
          signal,
        }),
      lastEventId,
      delivery,
      late,
      isHub: memory.heartbeat !== undefined,
      hasTopics: topics !== undefined,
      stall: toStall,
      onRead,
      topics,
      onStatus(next) {
        if (next === "open") error = undefined;
        else memory.isLive = false;
        setStatus(next);
      },
      onError: fail,
    };
    if (sharing === undefined) return attempt(attemptOptions, controller);
    return sharing.then((shared) => shared.attempt(attemptOptions, controller));
  }

  function toStall(): number | undefined {
    if (stall !== "auto") return stall || undefined;
    return memory.heartbeat === undefined ? undefined : MISSED_HEARTBEATS * memory.heartbeat;
  }

  /** Between two reads. */
  function onRead(): Promise<void> | undefined {
    save();
    if (memory.lastEventId !== snapshot?.lastEventId) notify();
    if (dropped > 0) {
      const message = `An iterator was too slow: ${dropped} events dropped.`;
      listeners.tell("error", new ClientError("dropped", message, { count: dropped }));
      dropped = 0;
    }
    if (overflow !== "pause" || !isAnyFull()) return undefined;
    return new Promise((resolve) => {
      readOn = resolve;
    });
  }

  function isAnyFull(): boolean {
    for (const { size } of queues) if (size >= limit) return true;
    return false;
  }

  function onTaken(): void {
    if (readOn === undefined || isAnyFull()) return;
    save();
    readOn();
    readOn = undefined;
  }

  /** The id after the last event that everybody has taken. */
  function save(): void {
    let slowest: IteratorQueue<StreamEvent<Data>> | undefined;
    for (const queue of queues) if (queue.size > (slowest?.size ?? 0)) slowest = queue;
    cursor.save(slowest?.seen ?? memory.lastEventId);
  }

  function setStatus(next: Status): void {
    if (status === next || status === "closed") return;
    status = next;
    notify();
    listeners.tell("status", next);
  }

  function fail(cause: ClientError): void {
    error = cause;
    notify();
    listeners.tell("error", cause);
  }

  function warnOfLateDelivery(): void {
    if (hasWarned) return;
    hasWarned = true;
    const message = "Something on the way, a proxy or a compressor, holds events back.";
    listeners.tell("warning", new ClientError("late_delivery", message));
  }

  /** In a microtask, so that nobody is called back from within a render that changed something. */
  function notify(): void {
    snapshot = undefined;
    if (isNotifying) return;
    isNotifying = true;
    queueMicrotask(() => {
      isNotifying = false;
      for (const subscriber of [...subscribers]) callSafely(subscriber, undefined);
    });
  }

  /** @param atOnce what iterators have not taken is dropped */
  function finish(cause: ClientError | undefined, atOnce: boolean): void {
    if (status === "closed") return;
    keeper.stop();
    void sharing?.then((shared) => shared.stop());
    signal?.removeEventListener("abort", close);
    if (cause === undefined) error = undefined;
    else fail(cause);
    save();
    setStatus("closed");
    listeners.clear();
    for (const queue of queues) {
      if (atOnce) queue.clear();
      queue.end(cause);
    }
    if (cause === undefined) settle.resolve();
    else settle.reject(cause);
  }

  function close(): void {
    finish(undefined, true);
  }

  function iterate(): IteratorQueue<StreamEvent<Data>> {
    const queue = createIteratorQueue<StreamEvent<Data>>({
      limit,
      overflow,
      seen: memory.lastEventId,
      onTaken,
      onReturn() {
        queues.delete(queue);
        onTaken();
        if (queues.size === 0) close();
      },
    });
    if (status === "closed") queue.end(error);
    else queues.add(queue);
    return queue;
  }

  function restart(): void {
    if (status !== "closed") keeper.start();
  }

  function setTopics(next: readonly string[]): void {
    topics = [...next];
    if (isChangingTopics) return;
    isChangingTopics = true;
    queueMicrotask(applyTopics);
  }

  function applyTopics(): void {
    isChangingTopics = false;
    if (status === "closed") return;
    const wasIdle = isIdle;
    isIdle = topics?.length === 0;
    if (isIdle && !wasIdle) keeper.pause("idle");
    else if (wasIdle && !isIdle) keeper.resume("idle");
    // A wait goes on, and the attempt after it asks for them.
    else if ((sharing !== undefined || status === "open" || status === "connecting") && !isSameSet(topics, asked))
      keeper.start();
  }

  if (isIdle) keeper.pause("idle");
  queueMicrotask(restart);
  signal?.addEventListener("abort", close);
  if (signal?.aborted) close();

  return {
    url: base.href,
    get status() {
      return status;
    },
    get error() {
      return error;
    },
    get lastEventId() {
      return memory.lastEventId;
    },
    get topics() {
      return topics ?? [];
    },
    closed,
    on: listeners.on,
    subscribe(listener) {
      const subscriber = (): void => listener();
      subscribers.add(subscriber);
      return () => subscribers.delete(subscriber);
    },
    getSnapshot() {
      snapshot ??= { status, error, lastEventId: memory.lastEventId, live: memory.isLive };
      return snapshot;
    },
    setTopics,
    restart,
    close,
    [Symbol.asyncIterator]: iterate,
    [Symbol.dispose]: close,
    async [Symbol.asyncDispose]() {
      close();
    },
  };
}

function isSameSet(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return String([...a].sort()) === String([...b].sort());
}
