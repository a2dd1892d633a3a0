import { expect, test } from "vitest";
import { Turns } from "../../src/hub/turns.ts";

function setUp(): {
  turns: Turns;
  closing: AbortController;
  entered: string[];
  enter: (name: string) => () => Promise<string>;
} {
  const closing = new AbortController();
  const entered: string[] = [];
  const enter = (name: string) => async (): Promise<string> => {
    entered.push(name);
    return name;
  };
  return { turns: new Turns(closing.signal), closing, entered, enter };
}

/** `Promise.withResolvers`, which Node 20 has not. */
function createGate(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

test("with nothing to wait for and nobody in front, a call goes in at once", async () => {
  const { turns, entered, enter } = setUp();
  const taken = turns.take(undefined, enter("a"));
  expect(entered).toEqual(["a"]);
  expect(await taken).toBe("a");
});

test("calls go in in the order in which they came, each as soon as it may", async () => {
  const { turns, entered, enter } = setUp();
  const gates = [createGate(), createGate()] as const;
  const taken = [
    turns.take(gates[0].promise, enter("a")),
    turns.take(undefined, enter("b")),
    turns.take(gates[1].promise, enter("c")),
    turns.take(undefined, enter("d")),
  ];
  gates[1].resolve();
  await gates[1].promise;
  expect(entered).toEqual([]);
  gates[0].resolve();
  expect(await Promise.all(taken)).toEqual(["a", "b", "c", "d"]);
  expect(entered).toEqual(["a", "b", "c", "d"]);
});

test("one that is refused leaves its place to the next, and nothing behind", async () => {
  const { turns, entered, enter } = setUp();
  const refused = turns.take(Promise.reject(new Error("no")), enter("a"));
  const next = turns.take(undefined, enter("b"));
  await expect(refused).rejects.toThrow("no");
  await next;
  void turns.take(undefined, enter("c"));
  expect(entered).toEqual(["b", "c"]);
});

test("when it is over, all who wait are told, and nobody waits any more", async () => {
  const { turns, closing, entered, enter } = setUp();
  const never = new Promise<void>(() => {});
  const waiting = [turns.take(never, enter("a")), turns.take(undefined, enter("b"))];
  const over = new Error("over");
  closing.abort(over);
  for (const each of waiting) await expect(each).rejects.toBe(over);
  void turns.take(never, enter("c"));
  expect(entered).toEqual(["c"]);
});

test("who has been told that it is over does not go in after all", async () => {
  const { turns, closing, entered, enter } = setUp();
  const gate = createGate();
  const taken = turns.take(gate.promise, enter("a"));
  closing.abort(new Error("over"));
  gate.resolve();
  await expect(taken).rejects.toThrow("over");
  await gate.promise;
  await new Promise((resolve) => setImmediate(resolve));
  expect(entered).toEqual([]);
});
