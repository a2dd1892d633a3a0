import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { pipe } from "../../src/hub/pipe.ts";
import { memory } from "../../src/stores/memory.ts";
import { endText, eventText, listen, settle, startHub, withMethods } from "./support.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** A source that notes what is asked of it. */
class Source implements AsyncIterable<unknown>, AsyncIterator<unknown> {
  asked = 0;
  returned = 0;
  readonly #next: (asked: number) => Promise<IteratorResult<unknown>>;
  constructor(next: (asked: number) => Promise<IteratorResult<unknown>>) {
    this.#next = next;
  }
  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return this;
  }
  next(): Promise<IteratorResult<unknown>> {
    return this.#next(++this.asked);
  }
  async return(): Promise<IteratorResult<unknown>> {
    this.returned++;
    return { done: true, value: undefined };
  }
}

const never = (): Promise<never> => new Promise(() => {});

async function* count(to: number): AsyncGenerator<unknown> {
  for (let at = 1; at <= to; at++) yield at % 2 === 0 ? { n: at } : `${at}`;
}

test("what a source gives is published in order, strings as they are and other values as JSON", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  await hub.pipe("a", count(3));
  runtime.endTurn();
  expect(reader.text(2)).toBe(eventText(1, "a", "1") + eventText(2, "a", '{"n":2}') + eventText(3, "a", "3"));
  expect(reader.ended).toBe(false);
});

test("each publication is waited for before the next value is asked for", async () => {
  const store = memory();
  const waiting: (() => void)[] = [];
  const slow = withMethods(store, {
    append: async (batch) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return store.append(batch);
    },
  });
  const { hub } = await startHub({}, slow);
  const source = new Source(async (asked) => ({ done: asked > 2, value: String(asked) }));
  const piped = hub.pipe("a", source);
  for (const asked of [1, 2]) {
    await settle();
    expect(source.asked).toBe(asked);
    waiting.shift()?.();
  }
  await piped;
  expect(source.asked).toBe(3);
});

test("every event has the name that was given", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  await hub.pipe("a", count(2), { event: "tick" });
  runtime.endTurn();
  expect(reader.events.map(({ event }) => event)).toEqual(["tick", "tick"]);
});

test("the topic ends with the source where that was asked for, and only then", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  await hub.pipe("a", count(1), { end: false });
  await hub.pipe("a", count(1), { end: true });
  runtime.endTurn();
  expect(reader.text(2)).toBe(eventText(1, "a", "1") + eventText(2, "a", "1") + endText(3, "a"));
  expect(reader.ended).toBe(true);
});

test("a source that completes is not closed again", async () => {
  const { hub } = await startHub();
  const source = new Source(async (asked) => ({ done: asked > 2, value: String(asked) }));
  await hub.pipe("a", source);
  expect(source.returned).toBe(0);
});

test("a source that fails: its error, what came before is published, and nothing ends", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  const failure = new Error("source");
  const source = (async function* () {
    yield "1";
    throw failure;
  })();
  await expect(hub.pipe("a", source, { end: true })).rejects.toBe(failure);
  await hub.publish("a", "goes on");
  runtime.endTurn();
  expect(reader.data).toEqual(["1", "goes on"]);
  expect(reader.ended).toBe(false);
});

test("a value that cannot be published: its error, the source is closed, and nothing ends", async () => {
  const { hub } = await startHub();
  const source = new Source(async () => ({ done: false, value: 1n }));
  await expect(hub.pipe("a", source, { end: true })).rejects.toMatchObject({ code: "invalid_data" });
  expect(source.returned).toBe(1);
  expect(await hub.topics()).toEqual([]);
});

test("a signal that has fired already: nothing is asked for, the source is closed", async () => {
  const { hub } = await startHub();
  const reason = new Error("stop");
  const source = new Source(async () => ({ done: false, value: "x" }));
  await expect(hub.pipe("a", source, { end: true, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect([source.asked, source.returned]).toEqual([0, 1]);
  expect(await hub.topics()).toEqual([]);
});

test("a signal stops a source that is stuck, at once, and ends nothing", async () => {
  const { hub, runtime } = await startHub();
  const reader = await listen(hub, { topics: ["a"] });
  const aborter = new AbortController();
  const source = new Source((asked) => (asked === 1 ? Promise.resolve({ done: false, value: "1" }) : never()));
  const piped = hub.pipe("a", source, { end: true, signal: aborter.signal });
  await settle();
  expect(source.asked).toBe(2);
  const reason = new Error("stop");
  aborter.abort(reason);
  await expect(piped).rejects.toBe(reason);
  expect(source.returned).toBe(1);
  runtime.endTurn();
  expect(reader.data).toEqual(["1"]);
  expect(reader.ended).toBe(false);
});

test("a signal stops a source that always has another value at hand", async () => {
  const { hub } = await startHub();
  const aborter = new AbortController();
  const reason = new Error("stop");
  const source = new Source((asked) => {
    if (asked === 5) aborter.abort(reason);
    return Promise.resolve({ done: asked > 50, value: String(asked) });
  });
  await expect(hub.pipe("a", source, { signal: aborter.signal })).rejects.toBe(reason);
  expect(source.asked).toBe(5);
  expect(source.returned).toBe(1);
});

test("an async generator's finally runs when it is stopped", async () => {
  const { hub } = await startHub();
  const aborter = new AbortController();
  let cleaned = false;
  const source = (async function* () {
    try {
      for (;;) yield "x";
    } finally {
      cleaned = true;
    }
  })();
  const piped = hub.pipe("a", source, { signal: aborter.signal });
  await settle();
  aborter.abort(new Error("stop"));
  await expect(piped).rejects.toThrow("stop");
  await settle();
  expect(cleaned).toBe(true);
});

test("a source whose return fails, at once or later, changes nothing", async () => {
  const { hub } = await startHub();
  for (const fails of [
    () => Promise.reject(new Error("return")),
    () => {
      throw new Error("return");
    },
  ]) {
    const source = new Source(async () => ({ done: false, value: undefined }));
    source.return = fails;
    await expect(hub.pipe("a", source)).rejects.toMatchObject({ code: "invalid_data" });
  }
});

test("a source without return can be stopped too", async () => {
  const { hub } = await startHub();
  const source: AsyncIterable<string> = { [Symbol.asyncIterator]: () => ({ next: never }) };
  const aborter = new AbortController();
  const piped = hub.pipe("a", source, { signal: aborter.signal });
  aborter.abort(new Error("stop"));
  await expect(piped).rejects.toThrow("stop");
});

test("a hub that closes stops its pipes with hub_closed, closes their sources and ends nothing", async () => {
  const store = memory();
  const { hub } = await startHub({}, store);
  const signal = new AbortController().signal;
  const sources = [new Source(never), new Source(never)];
  const piped = [hub.pipe("a", sources[0] as Source, { end: true }), hub.pipe("a", sources[1] as Source, { signal })];
  const outcomes = Promise.allSettled(piped);
  await hub.close();
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "hub_closed" } });
  }
  expect(sources.map(({ returned }) => returned)).toEqual([1, 1]);
  const again = new Source(async () => ({ done: false, value: "x" }));
  await expect(hub.pipe("a", again)).rejects.toMatchObject({ code: "hub_closed" });
  expect([again.asked, again.returned]).toEqual([0, 1]);
  const reopened = await startHub({}, store);
  expect(await reopened.hub.topics()).toEqual([]);
});

test("a pipe to a topic that has ended is refused with its first value", async () => {
  const { hub } = await startHub();
  await hub.end("a");
  await expect(hub.pipe("a", count(3))).rejects.toMatchObject({ code: "topic_ended" });
});

test("pipes that are through leave no listener on the signal that all of them share", async () => {
  const { hub } = await startHub();
  const { signal } = new AbortController();
  const listeners = new Set<unknown>();
  signal.addEventListener = (_: string, listener: unknown) => {
    listeners.add(listener);
  };
  signal.removeEventListener = (_: string, listener: unknown) => {
    listeners.delete(listener);
  };
  const stuck = pipe(hub, "a", new Source(never), {}, signal);
  expect(listeners.size).toBe(1);
  await pipe(hub, "a", count(3), {}, signal);
  await expect(pipe(hub, "a", new Source(() => Promise.reject(new Error("source"))), {}, signal)).rejects.toThrow();
  expect(listeners.size).toBe(1);
  void stuck;
});

test("a pipe that goes on for ever keeps nothing of what it has published", async () => {
  const { hub } = await startHub();
  const values: WeakRef<object>[] = [];
  let reached = (): void => {};
  const all = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const aborter = new AbortController();
  const piped = hub.pipe(
    "a",
    new Source((asked) => {
      if (asked > 1_000) reached();
      if (asked > 1_000) return never();
      const value = { asked };
      values.push(new WeakRef(value));
      return Promise.resolve({ done: false, value });
    }),
    { signal: aborter.signal },
  );
  await all;
  // What was made in this turn is kept until its end.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  expect(values.filter((value) => value.deref() !== undefined).length).toBeLessThan(10);
  aborter.abort(new Error("stop"));
  await expect(piped).rejects.toThrow("stop");
});
