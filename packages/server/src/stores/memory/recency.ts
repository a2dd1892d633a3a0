import type { TopicLog } from "./topic-log.ts";

/**
 * Topics in the order of their newest publication, as a list linked through the topics themselves: every append moves
 * one topic to the front, which must not cost more than a few assignments.
 */
export class Recency {
  #newest: TopicLog | undefined = undefined;

  /** Puts `log`, new or known, at the front. */
  touch(log: TopicLog): void {
    if (log === this.#newest) return;
    this.remove(log);
    log.older = this.#newest;
    if (this.#newest !== undefined) this.#newest.newer = log;
    this.#newest = log;
  }

  remove(log: TopicLog): void {
    if (log === this.#newest) this.#newest = log.older;
    if (log.newer !== undefined) log.newer.older = log.older;
    if (log.older !== undefined) log.older.newer = log.newer;
    log.older = undefined;
    log.newer = undefined;
  }

  /** From the topic published to last. */
  *[Symbol.iterator](): Generator<TopicLog> {
    for (let log = this.#newest; log !== undefined; log = log.older) yield log;
  }
}
