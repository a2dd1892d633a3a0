import type { Topics } from "@tidings/wire/topics";
import { attempt } from "./attempt.ts";
import type { Core, Deliver } from "./core.ts";
import { createDecoder } from "./decode-data.ts";
import { createDelivery } from "./delivery.ts";
import { type Environment, environment as world } from "./environment.ts";
import { type ClientError, toError } from "./errors.ts";
import { createKeeper } from "./keep-open.ts";
import { createListeners } from "./listeners.ts";
import type { Loop, Loops } from "./loops.ts";
import { onceATurn } from "./once-a-turn.ts";
import { checkOptions } from "./options.ts";
import { keepCursor } from "./persist.ts";
import type { TypedConnectOptions, TypedEventStream } from "./typed.ts";
import type { ConnectOptions, EventStream, Snapshot, Status, StreamEvent } from "./types.ts";

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
export function connect(url: string | URL, options: object = {}): EventStream {
  return createEventStream(url, options, world);
}

/**
 * {@link connect}, in a world of its own.
 *
 * @param look sees all that comes, as it came, when it has been dealt with
 */
export function createEventStream(
  url: string | URL,
  options: ConnectOptions<never>,
  environment: Environment,
  look?: Core["look"],
): EventStream {
  const base = checkOptions(url, options, environment.page);
  const { signal, persist } = options;
  const listeners = createListeners();
  const life = new AbortController();
  let settle: (how?: Promise<never>) => void;
  const closed = new Promise<void>((resolve) => {
    settle = resolve;
  });
  // Whoever does not ask for it need not handle it.
  closed.catch(() => {});

  const core: Core = {
    environment,
    options,
    base,
    life: life.signal,
    topics: options.topics,
    lastEventId: options.lastEventId ?? keepCursor(environment.page, persist),
    live: false,
    ended: new Set(),
    decode: createDecoder(options),
    look,
    tell,
    change,
    onRead,
  };
  /** The topics that the last attempt asked for. */
  let asked: string | undefined;
  let status: Status = "connecting";
  let error: ClientError | undefined;
  let snapshot: Snapshot | undefined;

  // What few use is loaded by those who ask for it. Who cannot load it does without, where that is possible.
  const sharing =
    options.share &&
    import("./share/index.ts").then(
      (share) => share.createSharing(core, open),
      () => {},
    );
  let looping: Promise<Loops> | undefined;
  let loops: Loops | undefined;

  /** In a microtask, so that nobody is called back from within a render that changed something. */
  const tellSubscribers = onceATurn(() => listeners.tell("change"));

  const keeper = createKeeper(core, async (about, controller) => {
    asked = toKey(core.topics);
    const deliver = createDelivery(core, controller.signal);
    // What is to be looped over waits for the loop, or for the news that there will be none.
    const inTurn: Deliver = (item) =>
      looping && !loops ? looping.catch(() => {}).then(() => deliver(item)) : deliver(item);
    return ((await sharing) ?? attempt)(core, about, inTurn, controller);
  });

  function open(shared: ConnectOptions<never>, look: Core["look"]): EventStream {
    return createEventStream(base, shared, environment, look);
  }

  function tell(type: string, event: unknown): void {
    // Not as one more listener, which is 2 % of a loop.
    if (type === "event") loops?.add(event as StreamEvent);
    listeners.tell(type, event);
  }

  /** Between two reads. */
  function onRead(): Promise<void> | undefined {
    save();
    if (core.lastEventId !== snapshot?.lastEventId) notify();
    return loops?.wait();
  }

  /** The id after the last event that everybody has taken. */
  function save(): void {
    // A loop asks for it with each event.
    if (persist) keepCursor(environment.page, persist, loops?.seen() ?? core.lastEventId);
  }

  /** Where the stream is now, and why. @param isDropped what loops have not taken is dropped */
  function change(next = status, cause?: ClientError, isDropped?: boolean): void {
    if (isClosed()) return;
    const isClosing = next === "closed";
    if (isClosing) {
      life.abort();
      save();
    }
    if (isClosing || next === "open" || cause) error = cause;
    notify();
    if (cause) tell("error", cause);
    // By who was told.
    if (next === status || isClosed()) return;
    status = next;
    notify();
    tell("status", next);
    if (!isClosing) return;
    listeners.clear();
    loops?.end(cause, isDropped);
    settle(cause && Promise.reject(cause));
  }

  function isClosed(): boolean {
    return status === "closed";
  }

  function notify(): void {
    snapshot = undefined;
    tellSubscribers();
  }

  function close(): void {
    change("closed", undefined, true);
  }

  async function openLoop(): Promise<Loop> {
    looping ??= import("./loops.ts").then(
      (loaded) => loaded.createLoops(core, stream, save),
      (cause) => {
        // The next loop tries again.
        looping = undefined;
        throw toError(cause);
      },
    );
    // It is there when the loop is open, not before: what comes between the two would not be in it.
    loops ??= await looping;
    return loops.open();
  }

  const applyTopics = onceATurn(() => keeper.look(toKey(core.topics) !== asked));

  const stream: EventStream = {
    url: base.href,
    get status() {
      return status;
    },
    get error() {
      return error;
    },
    get lastEventId() {
      return core.lastEventId;
    },
    get topics() {
      return core.topics ?? [];
    },
    closed,
    on(type: string, listener: (event: never) => void) {
      if (type === "warning")
        import("./late-delivery.ts").then(
          (late) => late.observe(core),
          () => {},
        );
      return listeners.on(type, listener);
    },
    subscribe: (listener) => listeners.on("change", listener),
    getSnapshot: () => (snapshot ??= { status, error, lastEventId: core.lastEventId, live: core.live }),
    setTopics(topics) {
      core.topics = [...topics];
      applyTopics();
    },
    restart: keeper.start,
    close,
    [Symbol.asyncIterator]() {
      const loop = openLoop();
      loop.catch(() => {});
      return { next: async () => (await loop).next(), return: async () => (await loop).return() };
    },
    [Symbol.dispose]: close,
    [Symbol.asyncDispose]: async () => close(),
  };

  applyTopics();
  signal?.addEventListener("abort", close, { signal: life.signal });
  if (signal?.aborted) close();
  return stream;
}

function toKey(topics: readonly string[] = []): string {
  return String([...topics].sort());
}
