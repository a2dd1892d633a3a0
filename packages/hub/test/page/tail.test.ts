import { expect, test } from "vitest";
import { createTail, type Tail, type TailRuntime } from "../../page/src/model/tail.ts";
import { type NewRow, TAIL_ROWS, type TailRow } from "../../page/src/model/tail-rows.ts";

const FRAME = 16;

test("rows are drawn once per frame, newest first", () => {
  const { tail, runtime } = create();
  let drawn = 0;
  tail.subscribe(() => drawn++);
  for (let n = 1; n <= 3; n++) tail.add(event(n));
  expect(ids(tail)).toEqual([]);
  runtime.frame();
  expect(ids(tail)).toEqual(["3", "2", "1"]);
  expect(drawn).toBe(1);
});

test("a burst as long as the list is drawn whole; the list keeps the newest", () => {
  const { tail, runtime } = create();
  for (let n = 1; n <= TAIL_ROWS; n++) tail.add(event(n));
  runtime.frame();
  expect(tail.get().rows).toHaveLength(TAIL_ROWS);
  expect(tail.get().skipped).toBe(0);
  runtime.pass(60_000);
  tail.add(event(TAIL_ROWS + 1));
  runtime.frame();
  expect(tail.get().rows).toHaveLength(TAIL_ROWS);
  expect(ids(tail)[0]).toBe(String(TAIL_ROWS + 1));
  expect(ids(tail).at(-1)).toBe("2");
});

test("a flood is sampled in order, the newest always among it, and every row is either drawn or counted", () => {
  const { tail, runtime } = create();
  const seen = new Set<string>();
  let n = 0;
  for (let frame = 0; frame < 200; frame++) {
    for (let k = 0; k < 167; k++) tail.add(event(++n));
    runtime.frame();
    for (const id of ids(tail)) seen.add(id);
    const order = ids(tail).map(Number);
    expect(order).toEqual(order.toSorted((a, b) => b - a));
  }
  // Until credit for one more row is there, the newest wait.
  runtime.pass(1_000);
  tail.add(event(++n));
  runtime.frame();
  for (const id of ids(tail)) seen.add(id);
  expect(ids(tail)[0]).toBe(String(n));
  expect(seen.size + tail.get().skipped).toBe(n);
  // The list at once, then 240 a second.
  expect(seen.size).toBeLessThan(TAIL_ROWS + 240 * 5);
  expect(seen.size).toBeGreaterThan(TAIL_ROWS);
});

test("a busy topic does not crowd out a quiet one within a frame", () => {
  const { tail, runtime } = create();
  for (let n = 0; n < TAIL_ROWS; n++) tail.add(event(n));
  runtime.frame();
  runtime.pass(1_000);
  for (let n = 0; n < 960; n++) tail.add({ ...event(n), topic: n < 480 ? "early" : "late" });
  runtime.frame();
  const fresh = tail.get().rows.slice(0, 100);
  expect(new Set(fresh.map((row) => (row.kind === "event" ? row.topic : "")))).toContain("late");
  expect(new Set(tail.get().rows.map((row) => (row.kind === "event" ? row.topic : "")))).toContain("early");
});

test("held, rows wait, at most a list of them, and come when released", () => {
  const { tail, runtime } = create();
  tail.add(event(0));
  runtime.frame();
  tail.hold(true);
  for (let n = 1; n <= 3; n++) tail.add(event(n));
  runtime.frame();
  expect(ids(tail)).toEqual(["0"]);
  expect(tail.get().waiting).toBe(3);
  for (let n = 4; n <= 5_000; n++) tail.add(event(n));
  runtime.frame();
  expect(tail.get().waiting).toBe(TAIL_ROWS);
  runtime.pass(10_000);
  tail.hold(false);
  runtime.frame();
  expect(ids(tail)[0]).toBe("5000");
  expect(tail.get().waiting).toBe(0);
});

test("large data shortens the list, but never to nothing", () => {
  const { tail, runtime } = create();
  const mebibyte = "x".repeat(1024 * 1024);
  for (let n = 1; n <= 20; n++) tail.add({ ...event(n), data: mebibyte });
  runtime.frame();
  expect(ids(tail)).toEqual(["20", "19", "18", "17", "16", "15", "14", "13"]);
  tail.add({ ...event(21), data: mebibyte.repeat(9) });
  runtime.pass(1_000);
  runtime.frame();
  expect(ids(tail)).toEqual(["21"]);
});

test("the rate counts live events, not history, and comes down to nothing", () => {
  const { tail, runtime } = create();
  for (let n = 0; n < 5; n++) tail.add({ ...event(n), time: undefined });
  for (let n = 0; n < 7; n++) tail.add(event(n));
  runtime.pass(1_000);
  runtime.frame();
  expect(tail.get().rate).toBe(7);
  runtime.pass(1_000);
  runtime.frame();
  expect(tail.get().rate).toBe(0);
  expect(runtime.timers).toBe(0);
});

test("times are filled in where they are missing, also of rows that wait", () => {
  const { tail, runtime } = create();
  tail.add({ ...event(1), time: undefined });
  tail.add({ ...event(2), time: 2_000 });
  runtime.frame();
  tail.hold(true);
  tail.add({ ...event(3), time: undefined });
  tail.setTimes(
    new Map([
      ["1", 111],
      ["2", 222],
      ["3", 333],
    ]),
  );
  tail.hold(false);
  runtime.frame();
  expect(tail.get().rows.map((row: TailRow) => row.kind === "event" && row.time)).toEqual([333, 2_000, 111]);
});

test("clear forgets rows, waiting rows and what was skipped", () => {
  const { tail, runtime } = create();
  for (let n = 0; n < 3_000; n++) tail.add(event(n));
  runtime.frame();
  tail.add(event(9));
  tail.clear();
  runtime.frame();
  expect(tail.get()).toMatchObject({ rows: [], waiting: 0, skipped: 0 });
});

function create(): { tail: Tail; runtime: TestRuntime } {
  const runtime = new TestRuntime();
  return { tail: createTail(runtime), runtime };
}

function event(n: number): NewRow & { kind: "event" } {
  return { kind: "event", id: String(n), topic: "t", event: "message", data: "x", time: 1 };
}

function ids(tail: Tail): string[] {
  return tail.get().rows.map((row) => (row.kind === "event" ? row.id : row.text));
}

/** Frames and time by hand. */
class TestRuntime implements TailRuntime {
  #time = 0;
  #frames: (() => void)[] = [];
  #timers: { at: number; task: () => void }[] = [];

  now = (): number => this.#time;
  requestFrame = (draw: () => void): void => {
    this.#frames.push(draw);
  };
  setTimer = (task: () => void, ms: number): void => {
    this.#timers.push({ at: this.#time + ms, task });
  };

  get timers(): number {
    return this.#timers.length;
  }

  frame(): void {
    this.pass(FRAME);
    for (const draw of this.#frames.splice(0)) draw();
  }

  pass(ms: number): void {
    this.#time += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#time);
    this.#timers = this.#timers.filter(({ at }) => at > this.#time);
    for (const { task } of due) task();
  }
}
