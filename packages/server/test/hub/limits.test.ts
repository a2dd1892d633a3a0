import { expect, test } from "vitest";
import { TidingsError } from "../../src/errors.ts";
import type { Limits } from "../../src/hub/types.ts";
import { memory } from "../../src/stores/memory.ts";
import {
  createTestHub,
  id,
  listen,
  refused,
  startHub,
  stopHub,
  TestReader,
  TestRuntime,
  withMethods,
} from "./support.ts";

const BROWSER = "text/event-stream";

test("a hub that is full refuses with 503, Retry-After and a problem document", async () => {
  const { hub } = await startHub({ limits: { connections: 2 } });
  const first = await listen(hub, { topics: ["a"] });
  await listen(hub, { topics: ["a"] });
  const refusal = await refused(hub, { topics: ["a"] });
  expect(refusal).toMatchObject({
    status: 503,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store", "retry-after": "30" },
  });
  expect(JSON.parse(refusal.body)).toEqual({
    type: "https://tidings.dev/errors#too_many_connections",
    title: "The hub is full",
    status: 503,
    code: "too_many_connections",
    detail: "The hub holds 2 connections, as many as it may.",
  });
  expect(hub.status().connections).toBe(2);
  first.handle?.closed();
  await listen(hub, { topics: ["a"] });
});

test("nobody who is there is made to leave for somebody who comes", async () => {
  const { hub } = await startHub({ limits: { connections: 1, connectionsPerSubject: 1 } });
  const first = await listen(hub, { topics: ["a"], subject: "k" });
  await refused(hub, { topics: ["a"], subject: "k" });
  await refused(hub, { topics: ["a"] });
  expect([first.ended, first.destroyed]).toEqual([false, false]);
});

test("connections of one subject are counted apart, and those of nobody are not", async () => {
  const { hub } = await startHub({ limits: { connectionsPerSubject: 2 } });
  const first = await listen(hub, { topics: ["a"], subject: "one" });
  await listen(hub, { topics: ["b"], subject: "one" });
  const refusal = await refused(hub, { topics: ["a"], subject: "one" });
  expect(refusal.error).toMatchObject({
    code: "too_many_connections",
    message: "You hold 2 connections, as many as you may. Close one.",
  });
  await listen(hub, { topics: ["a"], subject: "two" });
  for (let at = 0; at < 5; at++) await listen(hub, { topics: ["a"] });
  first.handle?.closed();
  await listen(hub, { topics: ["a"], subject: "one" });
  await refused(hub, { topics: ["a"], subject: "one" });
});

test("connections from one address are counted apart where that is limited, and those from nowhere are not", async () => {
  const { hub } = await startHub({ limits: { connectionsPerAddress: 2 } });
  const first = await listen(hub, { topics: ["a"], subject: "ada", address: "192.0.2.1" });
  await listen(hub, { topics: ["b"], subject: "bob", address: "192.0.2.1" });
  const refusal = await refused(hub, { topics: ["a"], subject: "eve", address: "192.0.2.1" });
  expect(refusal.error).toMatchObject({
    code: "too_many_connections",
    message: "Your address holds 2 connections, as many as it may. Close one.",
  });
  await listen(hub, { topics: ["a"], address: "192.0.2.2" });
  for (let at = 0; at < 5; at++) await listen(hub, { topics: ["a"] });
  first.handle?.closed();
  await listen(hub, { topics: ["a"], address: "192.0.2.1" });
  await refused(hub, { topics: ["a"], address: "192.0.2.1" });
});

test("addresses are not limited by default: many readers share one behind a proxy", async () => {
  const { hub } = await startHub();
  for (let at = 0; at < 1_200; at++) await listen(hub, { topics: ["a"], address: "192.0.2.1" });
  expect(hub.status().connections).toBe(1_200);
});

test.each([
  [0, 15_000],
  [0.5, 30_000],
  [0.999999, 45_000],
])(
  "an EventSource is told to come back later, with 200 and a jittered retry: chance %f, %i ms",
  async (chance, retry) => {
    const runtime = new TestRuntime(() => chance);
    const { hub } = await startHub({ runtime, limits: { connections: 1 } });
    await listen(hub, { topics: ["a"] });
    const refusal = await refused(hub, { topics: ["a"], accept: BROWSER });
    expect(refusal).toMatchObject({
      status: 200,
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-store, no-transform",
        "x-accel-buffering": "no",
      },
      body: `retry: ${retry}\n\n`,
      error: { code: "too_many_connections" },
    });
  },
);

test.each([
  [undefined, 503],
  ["", 503],
  ["*/*", 503],
  ["text/event-stream, application/problem+json", 503],
  ["text/event-stream;q=1, Application/Problem+JSON;q=0.5", 503],
  ["text/event-stream, application/*", 503],
  ["text/event-stream", 200],
  ["TEXT/EVENT-STREAM", 200],
  ["text/event-stream, text/plain", 200],
  ["text/*", 200],
  ["text/event-stream, application/json", 200],
])("Accept: %s is shed with %i", async (accept, status) => {
  const { hub } = await startHub({ limits: { connections: 1 } });
  await listen(hub, { topics: ["a"] });
  expect((await refused(hub, { topics: ["a"], ...(accept !== undefined && { accept }) })).status).toBe(status);
});

test.each([
  ["application/json", 406],
  ["application/problem+json", 406],
  ["text/html,application/xhtml+xml", 406],
  ["text/event-streams", 406],
])("Accept: %s is no wish for a stream: %i", async (accept, status) => {
  const { hub } = await startHub();
  const refusal = await refused(hub, { topics: ["a"], accept });
  expect(refusal).toMatchObject({ status, error: { code: "not_acceptable", field: "accept" } });
});

test.each([
  ["text/event-stream, application/json"],
  ["text/html, text/*;q=0.3"],
  ["*/*;q=0.1"],
  ["text/event-stream; charset=utf-8"],
])("Accept: %s is a wish for a stream", async (accept) => {
  const { hub } = await startHub();
  await listen(hub, { topics: ["a"], accept });
});

test("refusals that coming back does not mend are told to every reader as they are", async () => {
  const { hub } = await startHub({ limits: { topicsPerConnection: 2 } });
  const cases = [
    [{ topics: [] }, 400, "topic_required"],
    [{ topics: ["a//b"] }, 400, "invalid_topic"],
    [{ topics: ["a/**/b"] }, 400, "invalid_pattern"],
    [{ topics: ["tidings:status"] }, 400, "reserved_topic"],
    [{ topics: ["tidings:*"] }, 400, "invalid_pattern"],
    [{ topics: ["tidings:x/*"] }, 400, "reserved_topic"],
    [{ topics: ["a", "b", "c"] }, 400, "too_many_topics"],
    [{ topics: ["a"], authorize: () => false }, 403, "forbidden"],
    [{ topics: ["a"], last: "0" }, 400, "invalid_parameter"],
  ] as const;
  for (const [request, status, code] of cases) {
    const refusal = await refused(hub, { ...request, accept: BROWSER });
    expect(refusal).toMatchObject({ status, error: { code } });
    expect(refusal.headers["retry-after"]).toBeUndefined();
    expect(refusal.headers["content-type"]).toBe("application/problem+json");
  }
});

test("as many topics and patterns as the limit are accepted, one more is not, whatever their order", async () => {
  const { hub } = await startHub();
  const names = Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? `t/${at}` : `p/${at}/*`));
  await listen(hub, { topics: names });
  const refusal = await refused(hub, { topics: [...names, "one-more"] });
  expect(refusal.error).toMatchObject({ code: "too_many_topics", field: "topic" });
  expect(refusal.error?.message).toBe(
    "101 topics are more than the 100 one connection may have; use a pattern such as orders/*.",
  );
});

test("an event may have as many bytes as the limit, counted in UTF-8, and not one more", async () => {
  const { hub } = await startHub({ limits: { eventBytes: 12 } });
  const fits = ["x".repeat(12), "é".repeat(6), "€".repeat(4), "😀".repeat(3), { a: "12345" } /* {"a":"12345"} */];
  for (const data of fits.slice(0, 4)) await hub.publish("a", data);
  await hub.publish("a", { a: "1234" });
  for (const data of ["x".repeat(13), `${"é".repeat(6)}x`, "€".repeat(5), "😀".repeat(4), fits[4]]) {
    await expect(hub.publish("a", data)).rejects.toMatchObject({ code: "event_too_large", status: 413, field: "data" });
  }
  expect((await hub.history("a")).events).toHaveLength(5);
});

test("a batch may have as many events as the limit, and not one more", async () => {
  const { hub } = await startHub({ limits: { batchEvents: 3 } });
  const event = { topic: "a", data: "x" };
  await expect(hub.publishBatch([event, event, event, event])).rejects.toMatchObject({
    code: "invalid_batch",
    field: "events",
    message: "A batch has at most 3 events; publish 4 in several.",
  });
  expect(await hub.publishBatch([event, event, event])).toHaveLength(3);
  expect(await hub.publishBatch([])).toEqual([]);
});

// A place that is not given back is one that nobody has again.
const limits: Limits = { connections: 1, connectionsPerSubject: 1 };
const wish = { topics: ["a"], subject: "k" };

test("the place of a reader that leaves is given back, once", async () => {
  const { hub } = await startHub({ limits });
  for (let round = 0; round < 3; round++) {
    const reader = await listen(hub, wish);
    reader.handle?.closed();
    reader.handle?.closed();
    expect(hub.status().connections).toBe(0);
  }
  await listen(hub, wish);
  expect((await refused(hub, wish)).status).toBe(503);
});

test("the place of a reader that is closed by the hub is given back when its transport is gone", async () => {
  const { hub } = await startHub({ limits });
  const reader = new TestReader();
  reader.lingers = true;
  await listen(hub, wish, reader);
  hub.disconnect(hub.connections()[0]?.id ?? "");
  expect(reader.ended).toBe(true);
  expect((await refused(hub, wish)).status).toBe(503);
  reader.handle?.closed();
  await listen(hub, wish);
});

test("the place of a reader that gets 204 is given back", async () => {
  const { hub, runtime } = await startHub({ limits });
  await hub.end("a");
  runtime.endTurn();
  for (let round = 0; round < 3; round++) {
    expect((await refused(hub, { ...wish, lastEventId: id(1) })).status).toBe(204);
  }
  await listen(hub, { ...wish, topics: ["b"] });
});

test("a reader that is refused holds no place: not for its topics, nor by authorize, nor if that throws", async () => {
  const errors: unknown[] = [];
  const { hub } = await startHub({ limits, onError: (error) => errors.push(error) });
  await refused(hub, { ...wish, topics: ["a//b"] });
  await refused(hub, { ...wish, last: "0" });
  await refused(hub, { ...wish, authorize: () => false });
  await refused(hub, { ...wish, authorize: async () => false });
  const thrown = new Error("secret");
  for (const authorize of [
    () => {
      throw thrown;
    },
    () => Promise.reject(thrown),
  ]) {
    const refusal = await refused(hub, { ...wish, authorize });
    expect(refusal.status).toBeGreaterThanOrEqual(500);
    expect(refusal.error?.code).toBe("internal_error");
    expect(refusal.body).not.toContain("secret");
  }
  expect(errors).toEqual([thrown, thrown]);
  const told = new TidingsError("unauthorized", "Sign in.");
  expect(await refused(hub, { ...wish, authorize: () => Promise.reject(told) })).toMatchObject({
    status: 401,
    error: told,
  });
  expect(errors).toHaveLength(2);
  await listen(hub, wish);
});

test("a reader whose history cannot be read holds no place", async () => {
  const store = memory();
  let fails = true;
  const read = (request: Parameters<typeof store.read>[0]) =>
    fails ? Promise.reject(new TidingsError("store_failed", "Gone.")) : store.read(request);
  const latest = (request: Parameters<typeof store.latest>[0]) =>
    fails ? Promise.reject(new Error("broken")) : store.latest(request);
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const { hub } = await startHub({ limits, onError }, withMethods(store, { read, latest }));
  const detail = "The hub cannot read its history; its log says why.";
  const refusal = await refused(hub, wish);
  expect(refusal).toMatchObject({ status: 503, error: { code: "store_failed", message: detail } });
  expect((await refused(hub, { ...wish, last: "1" })).status).toBe(503);
  // What failed, with the names of files, is the application's to know, and not a reader's.
  expect(refusal.body).not.toContain("Gone");
  expect(errors).toMatchObject([{ message: "Gone." }, { message: "broken" }]);
  fails = false;
  await listen(hub, wish);
});

test("places are counted from the decision on, so that readers who come together are not too many", async () => {
  const { hub } = await startHub({ limits: { connections: 3, connectionsPerSubject: 2 } });
  const admissions = await Promise.all(
    Array.from({ length: 5 }, (_, at) => hub.connect({ topics: ["a"], subject: at < 3 ? "k" : `k${at}` })),
  );
  expect(admissions.map(({ kind }) => kind)).toEqual(["stream", "stream", "refusal", "stream", "refusal"]);
});

test("while the store opens, readers are told to come back soon", async () => {
  const store = memory();
  let letOpen = (): void => {};
  const opening = new Promise<void>((resolve) => {
    letOpen = resolve;
  });
  const { hub, runtime } = createTestHub(
    {},
    withMethods(store, { open: (options) => opening.then(() => store.open(options)) }),
  );
  expect(hub.status()).toMatchObject({ state: "opening", store: "memory", connections: 0, live: 0, publications: 0 });
  expect(await refused(hub, { topics: ["a"] })).toMatchObject({
    status: 503,
    headers: { "retry-after": "1" },
    error: { code: "hub_not_ready" },
  });
  expect(await refused(hub, { topics: ["a"], accept: BROWSER })).toMatchObject({
    status: 200,
    body: "retry: 1000\n\n",
  });
  await expect(hub.check()).rejects.toMatchObject({ code: "hub_not_ready" });
  letOpen();
  await hub.ready;
  await hub.check();
  await listen(hub, { topics: ["a"] });
  await stopHub({ hub, runtime });
});
