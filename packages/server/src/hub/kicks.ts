import { TidingsError } from "../errors.ts";
import type { Runtime } from "../ports/runtime.ts";
import { type Deadline, Deadlines } from "./deadlines.ts";

/** Subjects that are remembered, of each kind. */
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
  readonly #onError: (error: unknown) => void;
  readonly #barred = new Map<string, Deadline<string>>();
  readonly #ends: Deadlines<string>;
  /** Kicks since the first of those that are now on their way in began. */
  readonly #recent = new Map<string, Kick>();
  #arriving = 0;
  #number = 0;
  /** Up to this number kicks have been dropped for want of room: who began before is taken for kicked. */
  #dropped = 0;

  constructor(runtime: Runtime, onError: (error: unknown) => void) {
    this.#runtime = runtime;
    this.#onError = onError;
    this.#ends = new Deadlines(runtime, (subject) => this.#barred.delete(subject));
  }

  /** Notes a kick. @param until keeps the subject out until then @param endsGrants see {@link Kick} */
  add(subject: string, until: number | undefined, endsGrants: boolean): void {
    if (until !== undefined) this.#bar(subject, until);
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
    const time = this.#barred.get(subject)?.time;
    return time !== undefined && time > this.#runtime.now() ? time : undefined;
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
      this.#bar(subject, Math.max(expires, this.until(subject) ?? 0));
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
    this.#ends.stop();
  }

  #bar(subject: string, until: number): void {
    const known = this.#barred.get(subject);
    if (known !== undefined) this.#forget(known);
    this.#barred.set(subject, this.#ends.add(subject, until));
    const [oldest] = this.#barred.values();
    if (this.#barred.size <= MOST || oldest === undefined) return;
    this.#forget(oldest);
    const sentence = `${MOST} subjects are kept out, as many as can be; "${oldest.item}" may come in before its time.`;
    this.#onError(new Error(sentence));
  }

  #forget(deadline: Deadline<string>): void {
    this.#ends.remove(deadline);
    this.#barred.delete(deadline.item);
  }
}
