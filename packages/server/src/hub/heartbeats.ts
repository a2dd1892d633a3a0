import type { Runtime } from "../ports/runtime.ts";
import type { StreamConnection } from "./connection.ts";

/** Ticks in one heartbeat interval: how finely the jitter and the stall time are kept. */
export const TICKS_PER_INTERVAL = 15;

/** A heartbeat comes this many ticks early at most, so that connections opened together do not beat together. */
const JITTER_TICKS = 3;

/** Slots of the wheel: more than the longest delay, so that a connection is visited once a turn. */
const SLOTS = 32;

/**
 * One wheel for all connections: each is visited about once in an interval, and the visit decides whether it has been
 * quiet for long enough to be sent a heartbeat. No connection has a timer of its own.
 */
export class Heartbeats {
  /** Ticks so far. */
  tick = 0;
  readonly #slots: Set<StreamConnection>[] = Array.from({ length: SLOTS }, () => new Set());
  readonly #runtime: Runtime;
  readonly #stop: () => void;

  constructor(interval: number, runtime: Runtime) {
    this.#runtime = runtime;
    this.#stop = runtime.every(interval / TICKS_PER_INTERVAL, () => this.#advance());
  }

  add(connection: StreamConnection): void {
    this.#place(connection, this.#delay());
  }

  remove(connection: StreamConnection): void {
    this.#slots[connection.slot]?.delete(connection);
  }

  stop(): void {
    this.#stop();
  }

  #advance(): void {
    const slot = this.#slots[++this.tick % SLOTS] as Set<StreamConnection>;
    const due = [...slot];
    slot.clear();
    for (const connection of due) {
      const wait = connection.visit(this.tick, this.#delay());
      if (wait > 0) this.#place(connection, wait);
    }
  }

  #place(connection: StreamConnection, ticks: number): void {
    connection.slot = (this.tick + ticks) % SLOTS;
    (this.#slots[connection.slot] as Set<StreamConnection>).add(connection);
  }

  /** One tick less than the interval, because a connection may have been written to at the end of a tick. */
  #delay(): number {
    return TICKS_PER_INTERVAL - 1 - Math.floor(this.#runtime.random() * JITTER_TICKS);
  }
}
