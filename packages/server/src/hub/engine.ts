import { TidingsError } from "../errors.ts";
import type { Deflate } from "../ports/deflate.ts";
import type { Runtime } from "../ports/runtime.ts";
import type { Opened, Store } from "../ports/store.ts";
import type { Lineage } from "../positions.ts";
import type { Subscription } from "../topics.ts";
import type { Audience } from "./audience.ts";
import { AudienceIndex } from "./audience-index.ts";
import { Backlog } from "./backlog.ts";
import { CatchUp } from "./catch-up.ts";
import type { StreamConnection } from "./connection.ts";
import { Deadlines } from "./deadlines.ts";
import { FanOut } from "./fan-out.ts";
import { Heartbeats, TICKS_PER_INTERVAL } from "./heartbeats.ts";
import { type KickMemory, Kicks } from "./kicks.ts";
import { Occupancy } from "./occupancy.ts";
import { type Holder, Places } from "./places.ts";
import type { Settings } from "./settings.ts";
import type { TailBounds } from "./tail.ts";
import type {
  CompressionPolicy,
  ConnectRequest,
  DisconnectReason,
  Grant,
  HubObserver,
  Kicked,
  Limits,
  SlowConsumerPolicy,
} from "./types.ts";

/** What all parts of an open hub share: the log's place in memory, the connections, and the wheel that visits them. */
export class Engine {
  readonly runtime: Runtime;
  readonly lineage: Lineage;
  readonly limits: Required<Limits>;
  readonly heartbeat: number;
  readonly slowConsumer: SlowConsumerPolicy;
  readonly compression: CompressionPolicy;
  readonly heartbeats: Heartbeats;
  readonly fanOut: FanOut;
  readonly catchUp: CatchUp;
  readonly connections = new Map<string, StreamConnection>();
  /** When connections end because their grants do. */
  readonly expiries: Deadlines<StreamConnection>;
  readonly kicks: Kicks;
  readonly backlog: Backlog;
  readonly observer: HubObserver | undefined;
  /** Every connection has been told that the hub closes; one that opens now is to be told too. */
  draining = false;
  readonly onError: (error: unknown) => void;
  readonly #settings: Settings;
  readonly #index = new AudienceIndex();
  readonly #places: Places;
  readonly #occupancy: Occupancy | undefined;
  #lastId = 0;
  #onEmpty: (() => void) | undefined;

  constructor(settings: Settings, store: Store, opened: Opened, bounds: TailBounds, deflate: Deflate) {
    this.#settings = settings;
    this.runtime = settings.runtime;
    this.limits = settings.limits;
    this.heartbeat = settings.heartbeat;
    this.slowConsumer = settings.slowConsumer;
    this.compression = settings.compression;
    this.onError = settings.onError;
    this.lineage = opened.lineage;
    this.observer = settings.observer;
    this.heartbeats = new Heartbeats(settings.heartbeat, settings.runtime);
    this.expiries = new Deadlines(settings.runtime, (connection) => connection.expire());
    this.kicks = new Kicks(settings.runtime, toKickMemory(store, opened, settings.onError), settings.onError);
    this.backlog = new Backlog(settings.limits);
    this.#places = new Places(settings.limits);
    const { onOccupied, onVacated, runtime } = settings;
    if (onOccupied !== undefined || onVacated !== undefined) {
      this.#occupancy = new Occupancy({ ...settings, guard: (hook) => this.guard(hook) }, runtime);
    }
    this.fanOut = new FanOut({
      index: this.#index,
      lineage: opened.lineage,
      head: opened.head,
      runtime: settings.runtime,
      deflate,
      bounds,
      tick: () => this.heartbeats.tick,
      onDelete: () => this.catchUp.forget(),
      expire: () => this.expiries.run(),
      observer: settings.observer,
    });
    this.catchUp = new CatchUp(store, opened.lineage, this.fanOut, deflate, settings.observer);
  }

  /** A reconnection time, different for each reader, so that those who were cut together do not come back together. */
  retry(): number {
    return Math.round(this.#settings.retry * (0.5 + this.runtime.random()));
  }

  createConnectionId(): string {
    const random = Math.floor(this.runtime.random() * 36 ** 6).toString(36);
    return `${(++this.#lastId).toString(36)}-${random}`;
  }

  /** Milliseconds as ticks of the wheel. */
  ticks = (milliseconds: number): number => Math.ceil((milliseconds * TICKS_PER_INTERVAL) / this.heartbeat);

  /**
   * Asks whether a reader may have these topics, and for whom and how long. What the application throws is told to it, and
   * to the reader only if it is one of our errors.
   *
   * @throws TidingsError `forbidden`, `internal_error`, or what `authorize` throws
   */
  async authorize(authorize: ConnectRequest["authorize"], topics: readonly string[]): Promise<Grant> {
    try {
      const answer = authorize === undefined || (await authorize({ topics }));
      if (answer) return typeof answer === "object" ? checkGrant(answer) : NO_BOUNDS;
    } catch (error) {
      if (error instanceof TidingsError) throw error;
      this.onError(error);
      throw new TidingsError("internal_error", "The server failed to answer; its log says why.", { cause: error });
    }
    throw new TidingsError("forbidden", `You may not listen to ${topics.join(", ")}.`, { field: "topic" });
  }

  /**
   * Keeps a place for a connection, which {@link remove} or {@link giveBack} frees.
   *
   * @throws TidingsError `too_many_connections`
   */
  reserve(holder: Holder, subscription: Subscription): Audience {
    this.#places.take(holder);
    return this.#index.acquire(subscription);
  }

  giveBack(holder: Holder, audience: Audience): void {
    this.#places.giveBack(holder);
    this.#index.release(audience);
  }

  add(connection: StreamConnection, audience: Audience): void {
    this.connections.set(connection.id, connection);
    this.heartbeats.add(connection);
    const { onConnected } = this.#settings;
    if (onConnected !== undefined) this.guard(() => onConnected(connection));
    if (audience.open++ === 0) this.#occupancy?.enter(audience.names);
  }

  /** Forgets a connection whose transport is gone. */
  remove(connection: StreamConnection, audience: Audience, reason: DisconnectReason): void {
    this.connections.delete(connection.id);
    this.heartbeats.remove(connection);
    this.giveBack(connection, audience);
    if (--audience.open === 0) this.#occupancy?.leave(audience.names);
    const { onDisconnected } = this.#settings;
    if (onDisconnected !== undefined) this.guard(() => onDisconnected(connection, reason));
    if (this.connections.size === 0) this.#onEmpty?.();
  }

  /** Closes all connections of a subject, and keeps it out until `until`, else until the last of their grants has ended. */
  kick(subject: string, until: number | undefined): Kicked {
    const connections = [...this.connections.values()];
    const open = connections.filter((connection) => connection.subject === subject && connection.isListening);
    const grants = open.map(({ expires }) => expires);
    const out = this.kicks.add(subject, until, grants);
    for (const connection of open) connection.finish("kicked", false);
    return { connections: open.length, until: out };
  }

  /** All audiences with a topic or pattern that matches a topic. */
  audiencesOf(topic: string): ReadonlySet<Audience> {
    const audiences = new Set<Audience>();
    this.#index.match(topic, (audience, all) => all.add(audience), audiences);
    return audiences;
  }

  /** Every connection is gone, and the hub with it: no timer stays, and nothing is occupied any more. */
  stop(): void {
    this.heartbeats.stop();
    this.expiries.stop();
    this.kicks.stop();
    this.#occupancy?.stop();
  }

  /** Calls back as soon as no connection is left. */
  whenEmpty(onEmpty: () => void): void {
    if (this.connections.size === 0) onEmpty();
    else this.#onEmpty = onEmpty;
  }

  /** Runs a hook of the application's: what it throws is its own matter, and told. */
  guard(hook: () => void): void {
    try {
      hook();
    } catch (error) {
      this.onError(error);
    }
  }
}

/** What a plain yes grants. */
const NO_BOUNDS: Grant = {};

/** Types do not reach everywhere, and a grant that was meant to end must not go on for ever. @throws TypeError */
function checkGrant(grant: Grant): Grant {
  const { subject, expires } = grant;
  if (subject !== undefined && typeof subject !== "string") {
    throw new TypeError(`authorize granted a subject that is no string: ${String(subject)}.`);
  }
  if (expires !== undefined && !Number.isFinite(expires)) {
    throw new TypeError(`authorize granted until ${String(expires)}; "expires" is in milliseconds since 1970.`);
  }
  return grant;
}

/** A kick holds at once, also where it cannot be written down. */
function toKickMemory(store: Store, { barred = [] }: Opened, onError: (error: unknown) => void): KickMemory {
  return { barred, remember: (kicked) => void store.bar?.(kicked).catch(onError) };
}
