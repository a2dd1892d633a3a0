import type { Runtime } from "../ports/runtime.ts";
import { type Deadline, Deadlines } from "./deadlines.ts";

/** Subjects that are remembered; one more, and the one that was named longest ago is dropped. */
const MOST = 10_000;

/** Subjects, each with a time until which something is so. When that is over, or there are too many, one is forgotten. */
export class Terms {
  readonly #runtime: Runtime;
  readonly #onDropped: (subject: string) => void;
  readonly #terms = new Map<string, Deadline<string>>();
  readonly #ends: Deadlines<string>;

  /** @param onDropped told of a subject that is forgotten before its time */
  constructor(runtime: Runtime, onDropped: (subject: string) => void) {
    this.#runtime = runtime;
    this.#onDropped = onDropped;
    this.#ends = new Deadlines(runtime, (subject) => this.#terms.delete(subject));
  }

  /** Until when it is so of a subject, in milliseconds since 1970; undefined if it is not. */
  until(subject: string): number | undefined {
    const time = this.#terms.get(subject)?.time;
    return time !== undefined && time > this.#runtime.now() ? time : undefined;
  }

  set(subject: string, until: number): void {
    this.#forget(this.#terms.get(subject));
    this.#terms.set(subject, this.#ends.add(subject, until));
    const [oldest] = this.#terms.values();
    if (this.#terms.size <= MOST || oldest === undefined) return;
    this.#forget(oldest);
    this.#onDropped(oldest.item);
  }

  stop(): void {
    this.#ends.stop();
  }

  #forget(term: Deadline<string> | undefined): void {
    if (term === undefined) return;
    this.#ends.remove(term);
    this.#terms.delete(term.item);
  }
}
