import { expect, test } from "vitest";
import { type Deadline, Deadlines } from "../../src/hub/deadlines.ts";
import { TestRuntime } from "./support.ts";

/** Numbers that look like chance, the same on every run. */
function createChance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

test.each([1, 2, 3, 4, 5])(
  "whatever is added, removed and waited for, it is told in order, on time and once: seed %i",
  (seed) => {
    const chance = createChance(seed);
    const runtime = new TestRuntime();
    const open = new Map<number, Deadline<number>>();
    const told: { item: number; time: number }[] = [];
    const deadlines = new Deadlines<number>(runtime, (item) => {
      told.push({ item, time: runtime.now() });
      open.delete(item);
    });
    const added = new Map<number, number>();
    let removed = 0;
    for (let item = 0; item < 2_000; item++) {
      const time = runtime.now() + Math.floor(chance() * 200_000) - 100;
      added.set(item, time);
      open.set(item, deadlines.add(item, time));
      if (chance() < 0.4) {
        const victim = [...open][Math.floor(chance() * open.size)];
        if (victim !== undefined) {
          deadlines.remove(victim[1]);
          deadlines.remove(victim[1]);
          open.delete(victim[0]);
          added.delete(victim[0]);
          removed++;
        }
      }
      if (chance() < 0.3) runtime.advance(Math.floor(chance() * 500));
      expect(deadlines.size).toBe(open.size);
      expect(runtime.timers).toBe(open.size > 0 ? 1 : 0);
    }
    runtime.advance(300_000);
    expect(removed).toBeGreaterThan(500);
    expect(told.map(({ item }) => item).sort((a, b) => a - b)).toEqual([...added.keys()]);
    for (const { item, time } of told) expect(time).toBeGreaterThanOrEqual(added.get(item) as number);
    for (const { item, time } of told) expect(time - (added.get(item) as number)).toBeLessThanOrEqual(100);
    expect(runtime.timers).toBe(0);
  },
);

test("what is due is told when asked for, though the timer has not fired", () => {
  const runtime = new TestRuntime();
  const told: string[] = [];
  const deadlines = new Deadlines<string>(runtime, (item) => told.push(item));
  deadlines.add("b", runtime.now() + 20);
  deadlines.add("a", runtime.now() + 10);
  runtime.time += 10;
  deadlines.run();
  expect(told).toEqual(["a"]);
  runtime.advance(10);
  expect(told).toEqual(["a", "b"]);
});

test("a clock that is set is noticed within a minute", () => {
  const runtime = new TestRuntime();
  const told: string[] = [];
  const deadlines = new Deadlines<string>(runtime, (item) => told.push(item));
  deadlines.add("a", runtime.now() + 86_400_000);
  const { now } = runtime;
  runtime.now = () => now.call(runtime) + 86_400_000;
  runtime.advance(60_000);
  expect(told).toEqual(["a"]);
});

test("after a stop nothing is told, and no timer made", () => {
  const runtime = new TestRuntime();
  const told: string[] = [];
  const deadlines = new Deadlines<string>(runtime, (item) => told.push(item));
  deadlines.add("a", runtime.now() + 10);
  deadlines.stop();
  deadlines.add("b", runtime.now() + 10);
  expect(runtime.timers).toBe(0);
  runtime.advance(100);
  expect(told).toEqual([]);
});
