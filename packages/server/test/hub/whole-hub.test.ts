// Cases that the suites over the whole hub have found (tests/), each at its smallest.
import { expect, test } from "vitest";
import { memory } from "../../src/stores/memory.ts";
import { createTestHub, listen, refused, settle, startHub, stopHub, withMethods } from "./support.ts";

test("latest: a reader that is still behind when it has the newest skips to the newest again", async () => {
  const { hub, runtime } = await startHub({ slowConsumer: "latest", limits: { bufferedBytes: 10 } });
  const reader = await listen(hub, { topics: ["a"] });
  reader.stalled = true;
  const large = "x".repeat(100_000);
  for (const name of ["seen", "skipped", "newest"]) {
    await hub.publish("a", `${name} ${large}`);
    runtime.endTurn();
  }
  // It has room again, for one event; while that one goes out, others come.
  reader.buffered = 0;
  reader.handle?.drained();
  await settle();
  for (const name of ["skipped too", "newest of all"]) {
    await hub.publish("a", `${name} ${large}`);
    runtime.endTurn();
  }
  reader.drain();
  await settle();
  expect(reader.data.map((data) => data.replace(` ${large}`, ""))).toEqual(["seen", "newest", "newest of all"]);
  expect(reader.named("tidings:gap")).toEqual([]);
});

test.each(["a", "a/*"])("a reader of %s whose admission took until the hub was closing is not let in", async (name) => {
  const started = createTestHub();
  const { hub } = started;
  await hub.ready;
  let allow = (_: boolean): void => {};
  const authorize = (): Promise<boolean> => new Promise((resolve) => (allow = resolve));
  const asking = hub.connect({ topics: [name], authorize });
  await settle();
  const closed = stopHub(started);
  allow(true);
  const admission = await asking;
  expect(admission).toMatchObject({ kind: "refusal", status: 503, error: { code: "hub_closed" } });
  await closed;
  expect(hub.status().connections).toBe(0);
});

test("a reader that comes while the store is opening is told to come back soon, also where it reads no problem", async () => {
  const store = memory();
  const started = createTestHub({}, withMethods(store, { open: () => new Promise(() => {}) }));
  const { body } = await refused(started.hub, { topics: ["a"], accept: "text/event-stream" });
  expect(body).toBe("retry: 1000\n\n");
  const problem = await refused(started.hub, { topics: ["a"], accept: "text/event-stream, application/problem+json" });
  expect(problem).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
});
