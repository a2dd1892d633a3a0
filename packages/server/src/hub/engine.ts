import { TidingsError } from "../errors.ts";
import type { Runtime } from "../ports/runtime.ts";
import type { Opened, Store } from "../ports/store.ts";
import type { Lineage } from "../positions.ts";
import type { Subscription } from "../topics.ts";
import type { Audience } from "./audience.ts";
import { AudienceIndex } from "./audience-index.ts";
import { CatchUp } from "./catch-up.ts";
import type { StreamConnection } from "./connection.ts";
import { FanOut } from "./fan-out.ts";
import { Heartbeats, TICKS_PER_INTERVAL } from "./heartbeats.ts";
import type { Settings } from "./settings.ts";
import type { TailBounds } from "./tail.ts";
import type { ConnectRequest, DisconnectReason, Limits, SlowConsumerPolicy } from "./types.ts";

/** What all parts of an open hub share: the log's place in memory, the connections, and the wheel that visits them. */
export class Engine {
  readonly runtime: Runtime;
  readonly lineage: Lineage;
  readonly limits: Required<Limits>;
  readonly heartbeat: number;
  readonly slowConsumer: SlowConsumerPolicy;
  readonly heartbeats: Heartbeats;
  readonly fanOut: FanOut;
  readonly catchUp: CatchUp;
  readonly connections = new Map<string, StreamConnection>();
  /** Every connection has been told that the hub closes; one that opens now is to be told too. */
  draining = false;
  readonly onError: (error: unknown) => void;
  readonly #settings: Settings;
  readonly #index = new AudienceIndex();
  readonly #perKey = new Map<string, number>();
  #admitted = 0;
  #lastId = 0;
  #onEmpty: (() => void) | undefined;

  constructor(settings: Settings, store: Store, opened: Opened, bounds: TailBounds) {
    this.#settings = settings;
    this.runtime = settings.runtime;
    this.limits = settings.limits;
    this.heartbeat = settings.heartbeat;
    this.slowConsumer = settings.slowConsumer;
    this.onError = settings.onError;
    this.lineage = opened.lineage;
    this.heartbeats = new Heartbeats(settings.heartbeat, settings.runtime);
    this.fanOut = new FanOut({
      index: this.#index,
      lineage: opened.lineage,
      head: opened.head,
      runtime: settings.runtime,
      bounds,
      tick: () => this.heartbeats.tick,
      onDelete: () => this.catchUp.forget(),
    });
    this.catchUp = new CatchUp(store, opened.lineage, this.fanOut);
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
   * Asks whether a reader may have these topics. What the application throws is told to it, and to the reader only if it
   * is one of our errors.
   *
   * @throws TidingsError `forbidden`, `internal_error`, or what `authorize` throws
   */
  async authorize(authorize: ConnectRequest["authorize"], topics: readonly string[]): Promise<void> {
    try {
      if (authorize === undefined || (await authorize({ topics }))) return;
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
  reserve(key: string | undefined, subscription: Subscription): Audience {
    const { connections, connectionsPerKey } = this.limits;
    if (this.#admitted >= connections) throw tooMany(`The hub holds ${connections} connections, as many as it may.`);
    if (key !== undefined) {
      const held = this.#perKey.get(key) ?? 0;
      if (held >= connectionsPerKey) throw tooMany(`You hold ${held} connections, as many as you may. Close one.`);
      this.#perKey.set(key, held + 1);
    }
    this.#admitted++;
    return this.#index.acquire(subscription);
  }

  giveBack(key: string | undefined, audience: Audience): void {
    this.#admitted--;
    this.#index.release(audience);
    if (key === undefined) return;
    const held = (this.#perKey.get(key) ?? 0) - 1;
    if (held > 0) this.#perKey.set(key, held);
    else this.#perKey.delete(key);
  }

  add(connection: StreamConnection): void {
    this.connections.set(connection.id, connection);
    this.heartbeats.add(connection);
    const { onConnected } = this.#settings;
    if (onConnected !== undefined) this.guard(() => onConnected(connection));
  }

  /** Forgets a connection whose transport is gone. */
  remove(connection: StreamConnection, audience: Audience, reason: DisconnectReason): void {
    this.connections.delete(connection.id);
    this.heartbeats.remove(connection);
    this.giveBack(connection.key, audience);
    const { onDisconnected } = this.#settings;
    if (onDisconnected !== undefined) this.guard(() => onDisconnected(connection, reason));
    if (this.connections.size === 0) this.#onEmpty?.();
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

function tooMany(sentence: string): TidingsError {
  return new TidingsError("too_many_connections", sentence, { retryAfter: 30 });
}
