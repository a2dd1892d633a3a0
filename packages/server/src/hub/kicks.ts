import { TidingsError } from "../errors.ts";
import type { Runtime } from "../ports/runtime.ts";
import { Terms } from "./terms.ts";

/** Kicks that are remembered for those on their way in. */
const MOST = 10_000;

/** A subject's last kick. */
interface Kick {
  /** Kicks are numbered, so that it can be told who had begun to come in before. */
  readonly number: number;
  /** It said no time of its own: every grant that was there is over. */
  readonly endsGrants: boolean;
}

/**
 * Which subjects have been kicked: those that stay out for a time, and those to which it happened while they were on their
 * way in, for whom `authorize` may have answered before whatever the kick was for.
 */
export class Kicks {
  readonly #runtime: Runtime;
  readonly #barred: Terms;
  /** When the last grant ends that a subject has shown: who is between two calls is kicked like a reader that is there. */
  readonly #granted: Terms;
  /** Kicks since the first of those that are now on their way in began. */
  readonly #recent = new Map<string, Kick>();
  #arriving = 0;
  #number = 0;
  /** Up to this number kicks have been dropped for want of room: who began before is taken for kicked. */
  #dropped = 0;

  constructor(runtime: Runtime, onError: (error: unknown) => void) {
    this.#runtime = runtime;
    this.#barred = new Terms(runtime, (subject) => {
      onError(new Error(`Too many subjects are kept out; "${subject}" may come in before its time.`));
    });
    this.#granted = new Terms(runtime, () => {});
  }

  /** Notes a kick. @param until keeps the subject out until then @param endsGrants see {@link Kick} */
  add(subject: string, until: number | undefined, endsGrants: boolean): void {
    if (until !== undefined) this.#barred.set(subject, until);
    this.#number++;
    if (this.#arriving === 0) return;
    this.#recent.delete(subject);
    this.#recent.set(subject, { number: this.#number, endsGrants });
    const [oldest] = this.#recent;
    if (this.#recent.size <= MOST || oldest === undefined) return;
    this.#recent.delete(oldest[0]);
    this.#dropped = oldest[1].number;
  }

  /** Until when a subject stays out; undefined if it does not. */
  until(subject: string): number | undefined {
    return this.#barred.until(subject);
  }

  /** When the last grant ends that a subject has shown; undefined if none is known. */
  grantedUntil(subject: string): number | undefined {
    return this.#granted.until(subject);
  }

  /** A subject had this grant: its connection has gone before the end, or it never needed one. */
  granted(subject: string, expires: number): void {
    if (expires > Math.max(this.#runtime.now(), this.#granted.until(subject) ?? 0)) this.#granted.set(subject, expires);
  }

  /** Somebody is on the way in, until {@link arrived}. Returns what {@link turnsAway} is to be given. */
  arrive(): number {
    this.#arriving++;
    return this.#number;
  }

  arrived(): void {
    if (--this.#arriving === 0) this.#recent.clear();
  }

  /**
   * Whether a subject stays out, or was kicked since it began to come in; if so, the grant it comes with is over like those
   * that were there.
   *
   * @param expires when the grant does
   */
  turnsAway(subject: string | undefined, expires: number | undefined, since: number): boolean {
    if (subject === undefined) return false;
    const kick = this.#recent.get(subject);
    const isKicked = this.#dropped > since || (kick !== undefined && kick.number > since);
    if (isKicked && kick?.endsGrants && expires !== undefined) {
      this.#barred.set(subject, Math.max(expires, this.until(subject) ?? 0));
    }
    return isKicked || this.until(subject) !== undefined;
  }

  /** What a subject is told that is turned away. */
  toRefusal(subject: string): TidingsError {
    const until = this.until(subject);
    if (until === undefined) return new TidingsError("subject_barred", "You were disconnected while you came in.");
    const retryAfter = Math.ceil((until - this.#runtime.now()) / 1_000);
    return new TidingsError("subject_barred", `You were disconnected, and may come back in ${retryAfter} s.`, {
      retryAfter,
    });
  }

  stop(): void {
    this.#barred.stop();
    this.#granted.stop();
  }
}
