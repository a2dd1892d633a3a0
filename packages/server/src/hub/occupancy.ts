import type { Runtime } from "../ports/runtime.ts";
import { type Deadline, Deadlines } from "./deadlines.ts";
import type { HubOptions } from "./types.ts";

/** Names without a reader that are waited for; more, and the one that has waited longest is told of early. */
const MOST = 10_000;

/** What an application wants to know, and how its hooks are called. */
export interface OccupancyHooks extends Pick<HubOptions, "onOccupied" | "onVacated"> {
  /** Milliseconds for which a topic has no reader before it is told of. */
  readonly vacatedAfter: number;
  /** Runs a hook that may throw. */
  readonly guard: (hook: () => void) => void;
}

/**
 * Which topics and patterns have a reader, told when the first comes and, once none has come back for a while, when the
 * last has gone: to each "occupied" there is exactly one "vacated". Counts audiences, not readers.
 */
export class Occupancy {
  readonly #hooks: OccupancyHooks;
  readonly #runtime: Runtime;
  /** Audiences with a reader, by the names they are subscribed to. */
  readonly #audiences = new Map<string, number>();
  /** Names without a reader, not yet told of. */
  readonly #leaving = new Map<string, Deadline<string>>();
  readonly #due: Deadlines<string>;

  constructor(hooks: OccupancyHooks, runtime: Runtime) {
    this.#hooks = hooks;
    this.#runtime = runtime;
    this.#due = new Deadlines(runtime, (name) => this.#vacate(name));
  }

  /** An audience has its first reader. */
  enter(names: readonly string[]): void {
    for (const name of names) {
      const audiences = this.#audiences.get(name) ?? 0;
      this.#audiences.set(name, audiences + 1);
      if (audiences > 0) continue;
      const leaving = this.#leaving.get(name);
      if (leaving === undefined) {
        this.#hooks.guard(() => this.#hooks.onOccupied?.(name));
      } else {
        this.#leaving.delete(name);
        this.#due.remove(leaving);
      }
    }
  }

  /** An audience has lost its last reader. */
  leave(names: readonly string[]): void {
    for (const name of names) {
      const audiences = this.#audiences.get(name);
      // A transport that outlives the hub: all is told already.
      if (audiences === undefined) continue;
      if (audiences > 1) {
        this.#audiences.set(name, audiences - 1);
        continue;
      }
      this.#audiences.delete(name);
      this.#leaving.set(name, this.#due.add(name, this.#runtime.now() + this.#hooks.vacatedAfter));
      const [longest] = this.#leaving.values();
      if (this.#leaving.size <= MOST || longest === undefined) continue;
      this.#due.remove(longest);
      this.#vacate(longest.item);
    }
  }

  /** The hub is closed: nobody comes back. */
  stop(): void {
    this.#due.stop();
    for (const name of [...this.#leaving.keys(), ...this.#audiences.keys()]) this.#vacate(name);
    this.#audiences.clear();
  }

  #vacate(name: string): void {
    this.#leaving.delete(name);
    this.#hooks.guard(() => this.#hooks.onVacated?.(name));
  }
}
