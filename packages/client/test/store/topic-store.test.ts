import type { StreamEvent } from "@tidings/client";
import { createHubClient, createTopicStore, type Seed } from "@tidings/client/store";
import { expect, test } from "vitest";
import { startHubServer } from "./hub-server.ts";

/** An `onGap` of which each call is answered by hand. */
function createMending() {
  const asked: ((seed: Seed<readonly StreamEvent[]> | undefined) => void)[] = [];
  return {
    asked,
    onGap: () => new Promise<Seed<readonly StreamEvent[]> | undefined>((resolve) => asked.push(resolve)),
  };
}

test("a gap that is not mended when nobody looks any more is told anew to who looks again", async () => {
  const server = await startHubServer({ retention: { topics: { news: { maxCount: 2 } } } });
  const { id } = await server.hub.publish("news", 0);
  for (const data of [1, 2, 3]) await server.hub.publish("news", data);
  const client = createHubClient(server.url);
  const { asked, onGap } = createMending();
  const store = createTopicStore<readonly StreamEvent[]>(client, "news", () => ({ lastEventId: id, onGap }));
  const data = (): unknown[] => store.getSnapshot().map((event) => event.data);
  const hide = store.subscribe(() => {});
  await expect.poll(data).toEqual([2, 3]);
  expect(asked).toHaveLength(1);
  hide();

  const hideAgain = store.subscribe(() => {});
  await expect.poll(() => asked).toHaveLength(2);
  // The answer to who does not look any more comes too late.
  asked[0]?.({ initial: [] });
  asked[1]?.({ initial: [{ id: "", event: "message", topic: "news", data: "refetched" }] });
  await expect.poll(data).toEqual(["refetched", 2, 3]);
  await server.hub.publish("news", 4);
  await expect.poll(data).toEqual(["refetched", 2, 3, 4]);

  hideAgain();
  const stop = store.subscribe(() => {});
  await server.hub.publish("news", 5);
  await expect.poll(data).toEqual(["refetched", 2, 3, 4, 5]);
  expect(asked).toHaveLength(2);
  stop();
});

test("a gap that was only looked at is not told again", async () => {
  const server = await startHubServer({ retention: { topics: { news: { maxCount: 2 } } } });
  const { id } = await server.hub.publish("news", 0);
  for (const data of [1, 2, 3]) await server.hub.publish("news", data);
  const client = createHubClient(server.url);
  const gaps: string[] = [];
  const store = createTopicStore<readonly StreamEvent[]>(client, "news", () => ({
    lastEventId: id,
    onGap: ({ reason }) => void gaps.push(reason),
  }));
  const data = (): unknown[] => store.getSnapshot().map((event) => event.data);
  const hide = store.subscribe(() => {});
  await expect.poll(data).toEqual([2, 3]);
  hide();
  const stop = store.subscribe(() => {});
  await server.hub.publish("news", 4);
  await expect.poll(data).toEqual([2, 3, 4]);
  expect(gaps).toEqual(["trimmed"]);
  stop();
});
