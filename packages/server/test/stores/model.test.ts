import assert from "node:assert/strict";
import type { StoreHarness } from "@tidings/server/testing";
import fc from "fast-check";
import { test } from "vitest";
import type { Append, Store, TailEntry } from "../../src/ports/store.ts";
import { toSubscription } from "../../src/topics.ts";
import { memoryHarness } from "./memory-harness.ts";
import { Model } from "./model.ts";
import { sqliteHarness } from "./sqlite-harness.ts";

const RETENTION = { maxAge: 10_000, maxCount: 5 };

const topic = fc.constantFrom("a", "a/b", "a/c", "b", "b/c/d");
const names = fc.uniqueArray(fc.constantFrom("a", "a/b", "b", "b/c/d", "*", "a/*", "a/**", "*/c/*", "**", "none"), {
  minLength: 1,
  maxLength: 4,
});
const publication: fc.Arbitrary<Append> = fc
  .record({
    topic,
    data: fc.oneof({ weight: 3, arbitrary: fc.constantFrom("1", "2") }, fc.string({ unit: "binary", maxLength: 20 })),
    event: fc.option(fc.constantFrom("e", "f"), { nil: undefined, freq: 3 }),
    key: fc.option(fc.constantFrom("k", "l"), { nil: undefined, freq: 2 }),
    end: fc.option(fc.constant(true as const), { nil: undefined, freq: 12 }),
  })
  .map((record) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as never);

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant("append" as const), batch: fc.array(publication, { maxLength: 5 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("delete" as const), topic }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("trim" as const), later: fc.constantFrom(0, 4_000, 11_000, 90_000_000) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reopen" as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("read" as const),
      names,
      back: fc.nat(30),
      limit: fc.integer({ min: 1, max: 8 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("latest" as const), names, count: fc.integer({ min: 1, max: 3 }) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

test("memory() does what the model does, whatever the order of calls", () => check(memoryHarness, 300, 60));

test("sqlite() does what the model does, whatever the order of calls", () => check(sqliteHarness, 25, 40), 90_000);

async function check(harness: StoreHarness, numRuns: number, maxLength: number): Promise<void> {
  const property = fc.asyncProperty(fc.array(step, { maxLength, size: "max" }), async (steps) => {
    const place = await harness.create({});
    const run = new Run(() => place.store());
    try {
      await run.open();
      for (const each of steps) await run.step(each);
    } finally {
      await run.store.close();
      await place.dispose();
    }
  });
  await fc.assert(property, { seed: 20_260_101, numRuns });
}

class Run {
  store: Store;
  readonly #create: () => Store;
  readonly #model = new Model(RETENTION);
  readonly #tail: TailEntry[] = [];
  #now = 1_000_000_000;
  #epochs = 0;

  constructor(create: () => Store) {
    this.#create = create;
    this.store = create();
  }

  async open(): Promise<void> {
    const { head, lineage } = await this.store.open({
      retention: RETENTION,
      now: () => this.#now,
      createEpoch: () => `e${this.#epochs++}`,
      onError: (error) => assert.fail(String(error)),
      signal: new AbortController().signal,
    });
    assert.equal(head, this.#model.head);
    assert.equal(lineage.length, this.#epochs);
    this.store.tail(head, (entries) => this.#tail.push(...entries));
  }

  async step(each: Step): Promise<void> {
    switch (each.do) {
      case "append":
        return this.#append(each.batch);
      case "delete": {
        assert.equal(await this.store.deleteTopic(each.topic), this.#model.has(each.topic));
        this.#model.forgetKeys(each.topic, this.#now);
        return this.#follow(false);
      }
      case "trim": {
        this.#now += each.later;
        await this.store.trim();
        this.#model.forgetKeys(undefined, this.#now);
        this.#follow(true);
        return this.#model.assertTrimmed(this.#now);
      }
      case "reopen": {
        await this.store.close();
        this.store = this.#create();
        return this.open();
      }
      case "read": {
        const filter = toSubscription(each.names);
        const after = Math.max(0, this.#model.head - each.back);
        const page = await this.store.read({ after, filter, limit: each.limit, maxBytes: Number.MAX_SAFE_INTEGER });
        return this.#model.assertPage(page, filter, after, each.limit);
      }
      case "latest": {
        const filter = toSubscription(each.names);
        const page = await this.store.latest({ after: 0, filter, count: each.count, maxTopics: 100, maxBytes: 1e9 });
        return this.#model.assertLatest(page, filter, each.count);
      }
    }
  }

  async #append(batch: readonly Append[]): Promise<void> {
    const expected = this.#model.append(batch, this.#now);
    const appending = this.store.append(batch);
    if (Array.isArray(expected)) assert.deepEqual(await appending, expected);
    else await assert.rejects(appending, expected);
    this.#follow(true);
  }

  #follow(trimming: boolean): void {
    this.#model.follow(this.#tail.splice(0), this.#now, trimming);
  }
}
