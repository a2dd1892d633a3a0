import type { StreamEvent } from "@tidings/client";
import {
  createEventSourceStore,
  createHubClient,
  createTopicStore,
  type ReadOptions,
  type StoreOptions,
} from "@tidings/client/store";
import { expect, onTestFinished, test, vi } from "vitest";
import { startHubServer } from "./hub-server.ts";

async function startStores(limits: readonly number[], read?: ReadOptions<StoreOptions>) {
  const server = await startHubServer();
  const client = createHubClient(server.url, read);
  const stores = limits.map((limit) => createTopicStore<readonly StreamEvent[]>(client, "a", () => ({ limit })));
  for (const store of stores) onTestFinished(store.subscribe(() => {}));
  await expect.poll(() => server.hub.connections()[0]?.state).toBe("live");
  return { ...server, client, stores };
}

test("of many events only those are parsed that a list keeps", async () => {
  const { hub, stores } = await startStores([10]);
  const parse = vi.spyOn(JSON, "parse");
  onTestFinished(() => parse.mockRestore());
  await hub.publishBatch(Array.from({ length: 500 }, (_, n) => ({ topic: "a", data: { n } })));
  const newest = Array.from({ length: 10 }, (_, n) => ({ n: 490 + n }));
  await expect.poll(() => stores[0]?.getSnapshot().map(({ data }) => data)).toEqual(newest);
  // As many as it may keep, for each of the few pieces of the network.
  expect(parse.mock.calls.filter(([text]) => text.startsWith('{"n":')).length).toBeLessThan(100);
});

test("an event is parsed once, for all who keep it or are told of it", async () => {
  const { hub, client, stores } = await startStores([1, 2]);
  const told: StreamEvent[] = [];
  onTestFinished(() => void leave());
  const leave = client.join({ topic: "a", onEvent: (event) => told.push(event) });
  await hub.publish("a", '"5"', { event: "five" });
  await expect.poll(() => stores.map((store) => store.getSnapshot().length)).toEqual([1, 1]);
  const { id } = told[0] as StreamEvent;
  expect(told).toEqual([{ id, event: "five", topic: "a", data: "5" }]);
  for (const store of stores) expect(store.getSnapshot()[0]).toBe(told[0]);
});

test("what is no JSON, and what is not to be parsed, stays as it came", async () => {
  const { hub, stores } = await startStores([3]);
  for (const text of ["{ no", '"5"']) await hub.publish("a", text);
  await expect.poll(() => stores[0]?.getSnapshot().map(({ data }) => data)).toEqual(["{ no", "5"]);

  const raw = await startStores([3], () => ({ raw: true }));
  await raw.hub.publish("a", '"5"');
  await expect.poll(() => raw.stores[0]?.getSnapshot().map(({ data }) => data)).toEqual(['"5"']);
});

test("what a schema makes of data is not parsed again, and what it refuses is not kept", async () => {
  const errors: (string | undefined)[] = [];
  const read = () => ({
    schema: {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: (value: unknown) =>
          typeof value === "number" ? { value: `"${value}"` } : { issues: [{ message: "no number" }] },
      },
    },
    onError: (error: Error) => errors.push(error.message),
  });
  const { hub, url, stores } = await startStores([3], read);
  const endpoint = createEventSourceStore(url, () => ({ topics: ["a"], last: 3, ...read() }));
  for (const data of [1, { no: "number" }, 2]) await hub.publish("a", data);
  onTestFinished(endpoint.subscribe(() => {}));
  const shown = (events: readonly StreamEvent[] = []): unknown[] => events.map(({ data }) => data);
  await expect.poll(() => shown(stores[0]?.getSnapshot())).toEqual(['"1"', '"2"']);
  await expect.poll(() => shown(endpoint.getSnapshot().events)).toEqual(['"1"', '"2"']);
  expect(errors).toEqual(["Dropped: no number", "Dropped: no number"]);
});
