import { TidingsError } from "../errors.ts";
import type { Deflate } from "../ports/deflate.ts";
import type { Runtime } from "../ports/runtime.ts";
import type { Append, Appended, Store, TopicSummary } from "../ports/store.ts";
import { type Lineage, type Offset, toId } from "../positions.ts";
import { assertTopic } from "../topics.ts";
import { admit, refuse } from "./admission.ts";
import { checkDeclared } from "./declared.ts";
import { drainConnections } from "./drain.ts";
import { Engine } from "./engine.ts";
import { readHistory, readHistoryBack } from "./history.ts";
import { pipe } from "./pipe.ts";
import { toCounts, toPresence } from "./presence.ts";
import { toAppend, toBatch, withIndex } from "./publication.ts";
import { toSettings } from "./settings.ts";
import { TAIL_BOUNDS, type TailBounds } from "./tail.ts";
import { Turns } from "./turns.ts";
import type {
  BatchEvent,
  Hub,
  HubObserver,
  HubOptions,
  HubStatus,
  Published,
  PublishOptions,
  TopicInfo,
} from "./types.ts";

/** Milliseconds between two applications of retention. */
const TRIM_INTERVAL = 30_000;

const DEFAULT_DRAIN = 3_000;

const NO_OPTIONS: PublishOptions = {};

/** Opens a hub over a store. See `createHub`. @throws TidingsError `invalid_option` naming the option */
export function openHub(store: Store, options: HubOptions, deflate: Deflate, bounds: TailBounds = TAIL_BOUNDS): Hub {
  const settings = toSettings(options);
  const { runtime, limits, topics } = settings;
  const isJson = topics !== undefined;
  const closing = new AbortController();
  const hubClosed = new TidingsError("hub_closed", "The hub is closing; try again shortly.", { retryAfter: 1 });
  let engine: Engine | undefined;
  let failure: TidingsError | undefined;
  let closed: Promise<void> | undefined;
  let isClosed = false;
  let stopTrimming = (): void => {};
  const turns = new Turns(closing.signal);

  const ready = open();
  // Whoever awaits it is told; nobody has to.
  ready.catch(() => {});

  const hub: Hub = {
    ready,

    publish: (topic, data, publishOptions = NO_OPTIONS) => appendOne(topic, data, publishOptions),

    end: (topic, endOptions = {}) => appendOne(topic, undefined, { ...endOptions, end: true }),

    publishBatch: appendMany,

    pipe: (topic, source, pipeOptions = {}) => pipe(hub, topic, source, pipeOptions, closing.signal),

    history: async (topic, { after, before, last, limit } = {}) => {
      assertTopic(topic);
      const count = last === undefined ? toLimit(limit ?? 100, 1_000) : toLimit(last, 1_000, "last");
      if (last === undefined && before === undefined) return readHistory(await whenOpen(), store, topic, count, after);
      if (after === undefined) return readHistoryBack(await whenOpen(), store, topic, count, before);
      throw new TidingsError("invalid_parameter", "after reads on, last and before read back: give one of them.", {
        field: "after",
      });
    },

    topics: async ({ limit = 1_000, after } = {}) => {
      const { lineage } = await whenOpen();
      const topics = await store.topics({ limit: toLimit(limit, 10_000), ...(after !== undefined && { after }) });
      return topics.map((topic) => toTopicInfo(topic, (offset) => toId(lineage, offset)));
    },

    deleteTopic: async (topic) => {
      assertTopic(topic);
      await whenOpen();
      return store.deleteTopic(topic);
    },

    connect: async (request) => {
      try {
        return await admit(engineNow(), store, request, engineNow);
      } catch (error) {
        // A store that was closed under a read has not failed.
        const known = closing.signal.aborted ? hubClosed : toTidingsError(error);
        if (!known.code.startsWith("store_")) return refuse(known, request, runtime);
        // Which file, which disk: for the application, and none of a reader's business. A store that never opened has
        // been told of by `ready`.
        if (known !== failure) settings.onError(error);
        const told = new TidingsError(known.code, "The hub cannot read its history; its log says why.", {
          cause: known,
        });
        return refuse(told, request, runtime);
      }
    },

    report: settings.onError,

    connections: ({ limit = 1_000, topic, subject } = {}) => {
      if (topic !== undefined) assertTopic(topic);
      const audiences = topic === undefined ? undefined : engine?.audiencesOf(topic);
      const connections = [];
      for (const connection of engine?.connections.values() ?? []) {
        if (connections.length >= limit) break;
        if (subject !== undefined && connection.subject !== subject) continue;
        if (audiences === undefined || connection.isIn(audiences)) connections.push(connection);
      }
      return connections;
    },

    presence: (topic, { limit = 1_000 } = {}) => {
      assertTopic(topic);
      toLimit(limit, 10_000);
      return toPresence(topic, engine?.connections.values() ?? [], engine?.audiencesOf(topic) ?? new Set(), limit);
    },

    readers: (topic) => {
      assertTopic(topic);
      let readers = 0;
      for (const audience of engine?.audiencesOf(topic) ?? []) readers += audience.open;
      return readers;
    },

    kick: (subject, { for: time } = {}) => {
      const kicking = engineNow();
      if (time !== undefined && !(Number.isFinite(time) && time > 0)) {
        throw new TidingsError("invalid_parameter", `"for" must be a number of milliseconds above 0.`, {
          field: "for",
        });
      }
      return kicking.kick(subject, time === undefined ? undefined : runtime.now() + time);
    },

    assertNotBarred: ({ subject, expires }) => {
      if (engine === undefined || subject === undefined) return;
      if (engine.kicks.until(subject) !== undefined) throw engine.kicks.toRefusal(subject);
      if (expires !== undefined) engine.kicks.granted(subject, expires);
    },

    isBarred: (subject) => engine?.kicks.until(subject) !== undefined,

    disconnect: (id, { reconnect = true } = {}) => {
      const connection = engine?.connections.get(id);
      connection?.finish("kicked", reconnect);
      return connection !== undefined;
    },

    status: () => ({
      state: toState(),
      store: store.kind,
      ...toCounts(engine),
      publications: engine?.fanOut.publications ?? 0,
      ...(failure !== undefined && { error: { code: failure.code, message: failure.message } }),
    }),

    check: async () => {
      engineNow();
      await store.check();
    },

    close: ({ drain = DEFAULT_DRAIN } = {}) => {
      closed ??= close(drain);
      return closed;
    },

    [Symbol.asyncDispose]: () => hub.close(),
  };
  return hub;

  async function open(): Promise<void> {
    try {
      const opened = await store.open({
        retention: options.retention ?? {},
        now: () => runtime.now(),
        createEpoch: () => createEpoch(runtime),
        onError: settings.onError,
        signal: closing.signal,
      });
      const opening = new Engine(settings, store, opened, bounds, deflate);
      store.tail(opened.head, (entries) => opening.fanOut.dispatch(entries));
      stopTrimming = runtime.every(TRIM_INTERVAL, () => {
        opening.catchUp.forget();
        store.trim().catch(settings.onError);
      });
      engine = opening;
    } catch (error) {
      failure = closing.signal.aborted ? hubClosed : toTidingsError(error);
      throw failure;
    }
  }

  /** The engine, if readers and publishers may come in now. @throws TidingsError `hub_closed`, `hub_not_ready`, or why */
  function engineNow(): Engine {
    if (closing.signal.aborted) throw hubClosed;
    if (failure !== undefined) throw failure;
    if (engine === undefined) {
      throw new TidingsError("hub_not_ready", "The hub is still opening its store; try again shortly.", {
        retryAfter: 1,
      });
    }
    return engine;
  }

  async function whenOpen(): Promise<Engine> {
    if (engine === undefined) await ready;
    return engineNow();
  }

  function appendMany(events: readonly BatchEvent[]): Promise<readonly Published[]> {
    try {
      if (events.length > limits.batchEvents) {
        const sentence = `A batch has at most ${limits.batchEvents} events; publish ${events.length} in several.`;
        throw new TidingsError("invalid_batch", sentence, { field: "events" });
      }
      return append(toBatch(events, limits.eventBytes, isJson));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  // Here and in `appendAll` no `await`: what an async function keeps while it waits was a quarter of all that a
  // publication allocated.
  function appendOne(topic: string, data: unknown, publishOptions: PublishOptions): Promise<Published> {
    try {
      const batch = [toAppend(topic, data, publishOptions, limits.eventBytes, isJson)];
      return append(batch).then(first, throwAlone);
    } catch (error) {
      return Promise.reject(toAlone(error));
    }
  }

  function append(batch: readonly Append[]): Promise<readonly Published[]> {
    const checked = topics && checkDeclared(batch, topics, settings.validate);
    // Straight into the store when there is nothing to wait for, so that the order of calls is the order of the log.
    return turns.take(engine === undefined ? ready.then(() => checked) : checked, () => appendAll(batch));
  }

  function appendAll(batch: readonly Append[]): Promise<readonly Published[]> {
    try {
      const { lineage, observer } = engineNow();
      const appending = observer === undefined ? store.append(batch) : observe(observer, batch);
      return appending.then((appended) => toPublished(lineage, batch, appended));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async function observe(observer: HubObserver, batch: readonly Append[]): Promise<readonly Appended[]> {
    const start = runtime.elapsed();
    try {
      const appended = await store.append(batch);
      observer.appended?.({ events: batch.length, milliseconds: runtime.elapsed() - start });
      return appended;
    } catch (error) {
      observer.appendFailed?.(error);
      throw error;
    }
  }

  async function close(drain: number): Promise<void> {
    closing.abort(hubClosed);
    await ready.catch(() => {});
    stopTrimming();
    // A store that did not open for this hub is not this hub's to close.
    if (engine !== undefined) {
      await drainConnections(engine, drain);
      await store.close();
    }
    isClosed = true;
  }

  function toState(): HubStatus["state"] {
    if (isClosed) return "closed";
    if (closing.signal.aborted) return "closing";
    if (failure !== undefined) return "failed";
    return engine === undefined ? "opening" : "open";
  }
}

function toPublished(lineage: Lineage, batch: readonly Append[], appended: readonly Appended[]): readonly Published[] {
  return appended.map(({ offset, repeated }, at) => ({
    id: toId(lineage, offset),
    topic: (batch[at] as Append).topic,
    repeated,
  }));
}

function first(published: readonly Published[]): Published {
  return published[0] as Published;
}

function throwAlone(error: unknown): never {
  throw toAlone(error);
}

/** An error of a publication that was alone: an index tells which of a batch it was. */
function toAlone(error: unknown): unknown {
  return error instanceof TidingsError && error.index !== undefined ? withIndex(error, undefined) : error;
}

function toTopicInfo({ first, last, ...rest }: TopicSummary, id: (offset: Offset) => string): TopicInfo {
  return {
    ...rest,
    ...(first !== undefined && { firstId: id(first) }),
    ...(last !== undefined && { lastId: id(last) }),
  };
}

function toLimit(limit: number, most: number, field = "limit"): number {
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= most) return limit;
  throw new TidingsError("invalid_parameter", `"${field}" must be a whole number from 1 to ${most}.`, { field });
}

/** Time and chance together: no two openings share one, also not when a clock is set back. */
function createEpoch(runtime: Runtime): string {
  const chance = Math.floor(runtime.random() * 36 ** 4).toString(36);
  return runtime.now().toString(36) + chance.padStart(4, "0");
}

function toTidingsError(error: unknown): TidingsError {
  if (error instanceof TidingsError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new TidingsError("store_failed", `The store failed: ${why}`, { cause: error });
}
