import { TidingsError } from "../errors.ts";
import type { Runtime } from "../ports/runtime.ts";
import type { Barred } from "../ports/store.ts";
import { Terms } from "./terms.ts";

/** Kicks that are remembered for those on their way in. */
const MOST = 10_000;

/** What a kick without a time takes a grant for whose end is not known, in milliseconds: an hour, as tokens mostly last. */
const UNKNOWN_GRANT = 3_600_000;

/** What a log remembers of kicks; nothing where it does not outlive the process. */
export interface KickMemory {
  readonly barred: readonly Barred[];
  readonly remember: (barred: Barred) => void;
}

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
  readonly #remember: (barred: Barred) => void;
  readonly #barred: Terms;
  /** When the last grant ends that a subject has shown: who is between two calls is kicked like a reader that is there. */
  readonly #granted: Terms;
  /** Kicks since the first of those that are now on their way in began. */
  readonly #recent = new Map<string, Kick>();
  #arriving = 0;
  #number = 0;
  /** Up to this number kicks have been dropped for want of room: who began before is taken for kicked. */
  #dropped = 0;

  constructor(runtime: Runtime, { barred, remember }: KickMemory, onError: (error: unknown) => void) {
    this.#runtime = runtime;
    this.#remember = remember;
    this.#barred = new Terms(runtime, (subject) => {
      onError(new Error(`Too many subjects are kept out; "${subject}" may come in before its time.`));
    });
    this.#granted = new Terms(runtime, () => {});
    for (const { subject, until } of barred) this.#barred.set(subject, until);
  }

  /**
   * Notes a kick, and returns until when the subject stays out: until `until`, else until the last of its grants has ended.
   *
   * @param open when the grants of its connections end; undefined for one that says nothing of it
   */
  add(subject: string, until: number | undefined, open: readonly (number | undefined)[]): number {
    const unknown = this.#runtime.now() + UNKNOWN_GRANT;
    const grants = [...open.map((expires) => expires ?? unknown), this.grantedUntil(subject) ?? 0];
    const known = grants.reduce((last, end) => Math.max(last, end), 0);
    const out = until ?? Math.max(known || unknown, this.until(subject) ?? 0);
    this.#bar(subject, out);
    this.#note(subject, until === undefined);
    return out;
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
      const until = this.until(subject) ?? 0;
      if (expires > until) this.#bar(subject, expires);
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

  #bar(subject: string, until: number): void {
    this.#barred.set(subject, until);
    this.#remember({ subject, until });
  }

  #note(subject: string, endsGrants: boolean): void {
    this.#number++;
    if (this.#arriving === 0) return;
    this.#recent.delete(subject);
    this.#recent.set(subject, { number: this.#number, endsGrants });
    const [oldest] = this.#recent;
    if (this.#recent.size <= MOST || oldest === undefined) return;
    this.#recent.delete(oldest[0]);
    this.#dropped = oldest[1].number;
  }
}
