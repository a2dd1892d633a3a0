import assert from "node:assert/strict";
import type { Append, Appended, Page, Publication, TailEntry } from "../../src/ports/store.ts";
import type { Offset } from "../../src/positions.ts";
import { isSubscribed, type Subscription } from "../../src/topics.ts";

/** The bounds that the model checks a store against. */
export interface ModelRetention {
  readonly maxAge: number;
  readonly maxCount: number;
}

const DAY = 24 * 60 * 60 * 1000;

/**
 * A log in the simplest form that can be right: one list. It says what every append must answer, follows the tail, and
 * from that says what every read must give. Which moment a store takes for trimming is its own affair, but nothing may
 * go that no bound asks for, and after `trim` nothing may stay that one does.
 */
export class Model {
  head: Offset = 0;
  #held: Publication[] = [];
  #ends = new Map<string, { offset: Offset; time: number }>();
  #watermarks = new Map<string, Offset>();
  #keys = new Map<string, { offset: Offset; content: string; time: number }>();
  readonly #retention: ModelRetention;

  constructor(retention: ModelRetention) {
    this.#retention = retention;
  }

  /** What `append` answers: its result, or the code and index it is refused with. */
  append(batch: readonly Append[], now: number): Appended[] | { code: string; index: number } {
    const keys = new Map(this.#keys);
    const ended = new Set(this.#ends.keys());
    const appended: Appended[] = [];
    let head = this.head;
    for (const [index, { topic, key, event, data, end }] of batch.entries()) {
      const content = JSON.stringify([event, data, end]);
      const known = key === undefined ? undefined : keys.get(`${topic} ${key}`);
      if (known !== undefined && now - known.time < DAY) {
        if (known.content !== content) return { code: "idempotency_conflict", index };
        appended.push({ offset: known.offset, repeated: true });
        continue;
      }
      if (ended.has(topic)) return { code: "topic_ended", index };
      if (end) ended.add(topic);
      head++;
      if (key !== undefined) keys.set(`${topic} ${key}`, { offset: head, content, time: now });
      appended.push({ offset: head, repeated: false });
    }
    this.#keys = keys;
    this.head = head;
    return appended;
  }

  /** Whether there is anything to delete. */
  has(topic: string): boolean {
    const hasKeys = [...this.#keys.keys()].some((name) => name.startsWith(`${topic} `));
    return hasKeys || this.#ends.has(topic) || this.#held.some((publication) => publication.topic === topic);
  }

  forgetKeys(topic: string | undefined, now: number): void {
    for (const [name, { time }] of this.#keys) {
      if (topic === undefined ? now - time >= DAY : name.startsWith(`${topic} `)) this.#keys.delete(name);
    }
  }

  /** Follows the tail. `trimming` says whether a delete comes from retention. */
  follow(entries: readonly TailEntry[], now: number, trimming: boolean): void {
    for (const entry of entries) {
      if (entry.type === "publication") {
        const { publication } = entry;
        this.#held.push(publication);
        if (publication.end) this.#ends.set(publication.topic, publication);
        continue;
      }
      if (entry.type === "trim" || trimming) this.#assertDue(entry.topic, entry.through, now);
      if (entry.type === "delete") this.#ends.delete(entry.topic);
      this.#held = this.#held.filter(({ topic, offset }) => topic !== entry.topic || offset > entry.through);
      this.#watermarks.set(entry.topic, Math.max(entry.through, this.#watermarks.get(entry.topic) ?? 0));
    }
  }

  assertTrimmed(now: number): void {
    const { maxAge, maxCount } = this.#retention;
    for (const topic of new Set(this.#held.map((publication) => publication.topic))) {
      const held = this.#held.filter((publication) => publication.topic === topic);
      assert.ok(held.length <= maxCount, `${held.length} of ${topic} held`);
      assert.ok((held[0] as Publication).time >= now - maxAge, `${topic} holds what is too old`);
    }
    for (const [topic, { time }] of this.#ends) assert.ok(time >= now - maxAge, `the end of ${topic} is too old`);
  }

  assertPage(page: Page, filter: Subscription, after: Offset, limit: number): void {
    const wanted = this.#held.filter(({ topic, offset }) => offset > after && isSubscribed(filter, topic));
    const expected = wanted.filter(({ offset }) => offset <= page.scannedTo);
    assert.deepEqual(page.publications, expected);
    assert.ok(expected.length <= limit);
    if (expected.length < Math.min(limit, wanted.length)) assert.fail("the page ends before its limit");
    if (this.head > after) assert.ok(page.scannedTo > after && page.scannedTo <= this.head);
    this.#assertMarks(page, filter);
  }

  assertLatest(page: Page, filter: Subscription, count: number): void {
    const expected = this.#held.filter(({ topic, offset }) => {
      const newer = this.#held.filter((other) => other.topic === topic && other.offset > offset);
      return isSubscribed(filter, topic) && newer.length < count;
    });
    assert.deepEqual(page.publications, expected);
    this.#assertMarks(page, filter);
  }

  #assertMarks(page: Page, filter: Subscription): void {
    const marks = [...this.#watermarks].filter(([topic]) => isSubscribed(filter, topic)).map(([, through]) => through);
    assert.equal(page.trimmedTo, Math.max(0, ...marks));
    const ended = filter.topics.flatMap((topic) => {
      const end = this.#ends.get(topic);
      return end === undefined ? [] : [[topic, end.offset]];
    });
    assert.deepEqual([...page.ended].sort(), ended.sort());
  }

  #assertDue(topic: string, through: Offset, now: number): void {
    const held = this.#held.filter((publication) => publication.topic === topic);
    for (const [at, { offset, time }] of held.entries()) {
      if (offset > through) break;
      const isDue = held.length - at > this.#retention.maxCount || time < now - this.#retention.maxAge;
      assert.ok(isDue, `${offset} of ${topic} was trimmed before its time`);
    }
  }
}
