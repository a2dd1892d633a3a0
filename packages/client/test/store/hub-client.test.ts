import { createHubClient, type HubClient, loadTopic, type Start } from "@tidings/client/store";
import { expect, onTestFinished, test } from "vitest";
import { startHubServer } from "./hub-server.ts";

/** Joins, and notes the data of what comes. */
function listen(client: HubClient, topic: string, start?: Start) {
  const seen: unknown[] = [];
  const gaps: string[] = [];
  let isCaughtUp = false;
  const leave = client.join({
    topic,
    start,
    onEvent: ({ data }) => seen.push(data),
    onGap: ({ reason }) => gaps.push(reason),
    onCaughtUp() {
      isCaughtUp = true;
    },
  });
  onTestFinished(() => void leave());
  return { seen, gaps, leave, isCaughtUp: () => isCaughtUp };
}

test("a client without listeners asks nobody; the last one takes the connection with it, a second later", async () => {
  const server = await startHubServer();
  const client = createHubClient(server.url);
  expect(client.connection.getSnapshot().status).toBe("connecting");
  const { leave } = listen(client, "a");
  await expect.poll(() => server.hub.connections()[0]?.state).toBe("live");
  expect(server.asked).toHaveLength(1);
  leave();
  await expect.poll(() => server.open()).toBe(0);
});

test("a pattern brings along what it matches, unless the newest of each topic is asked for", async () => {
  const server = await startHubServer();
  const client = createHubClient(server.url);
  const asked = (): string[][] => server.asked.map(({ topics }) => [...topics]);
  const names = ["orders/2", "orders/*", "orders/2/lines", "orders/2"];
  const leave = names.map((topic) => listen(client, topic).leave);
  await expect.poll(asked).toEqual([["orders/*", "orders/2/lines"]]);
  await expect.poll(() => server.hub.connections()[0]?.state).toBe("live");
  listen(client, "orders/3");
  for (const stop of leave.slice(2, 4)) stop();
  await expect.poll(asked).toHaveLength(2);
  expect(asked()[1]).toEqual(["orders/*"]);

  const newest = createHubClient(server.url);
  for (const topic of ["orders/*", "orders/2"]) listen(newest, topic, 1);
  await expect.poll(asked).toHaveLength(3);
  expect(asked()[2]).toEqual(["orders/*", "orders/2"]);
});

test("who joins with an id gets exactly what follows it, and those who begin alike share one reading", async () => {
  const server = await startHubServer();
  const client = createHubClient(server.url);
  const first = listen(client, "a");
  await expect.poll(() => server.hub.connections()[0]?.state).toBe("live");
  const { id } = await server.hub.publish("b", 0);
  for (const data of [1, 2, 3]) await server.hub.publish("b", data);
  const joined = [1, 2, 3].map(() => listen(client, "b", id));
  const newest = listen(client, "b", 1);
  const none = listen(client, "b");
  await expect.poll(() => joined.every(({ isCaughtUp }) => isCaughtUp())).toBe(true);
  await server.hub.publish("b", 4);
  for (const { seen } of joined) await expect.poll(() => seen).toEqual([1, 2, 3, 4]);
  await expect.poll(() => newest.seen).toEqual([3, 4]);
  // From where the shared stream was when it reconnected: after the last of `a` or of its heartbeats.
  expect(none.seen.at(-1)).toBe(4);
  expect(first.seen).toEqual([]);
  // The first, the reconnect with both, the reading from an id, the reading of the newest.
  expect(server.asked.map(({ topics }) => topics.join())).toEqual(["a", "a,b", "b", "b"]);
  await expect.poll(() => server.open()).toBe(1);
});

test("who leaves is given the id to go on from, and goes on exactly there", async () => {
  const server = await startHubServer();
  const client = createHubClient(server.url);
  const other = listen(client, "other");
  const { seen, leave } = listen(client, "a");
  await expect.poll(() => server.hub.connections()[0]?.state).toBe("live");
  await server.hub.publish("a", 1);
  await expect.poll(() => seen).toEqual([1]);
  const lastEventId = leave();
  for (const data of [2, 3]) await server.hub.publish("a", data);
  await server.hub.publish("other", "passes by");
  await expect.poll(() => other.seen).toEqual(["passes by"]);
  const again = listen(client, "a", lastEventId);
  await expect.poll(() => again.seen).toEqual([2, 3]);
  expect(leave()).not.toBe("");
});

test("whatever joins whenever, with the hub publishing and the network cutting: each event once, in order", async () => {
  const server = await startHubServer();
  const client = createHubClient(server.url);
  const anchor = listen(client, "a");
  await expect.poll(() => server.hub.connections()[0]?.state).toBe("live");
  const ids: string[] = [];
  const joined: { from: number; pattern: boolean; seen: unknown[] }[] = [];
  const total = 3_000;
  for (let n = 0; n < total; n++) {
    const { id } = await server.hub.publish(n % 3 === 0 ? "b/x" : "b/y", n);
    ids.push(id);
    if (n % 40 === 20) await server.hub.publish("a", n);
    if (n % 97 === 50) {
      // Somewhere back, as a server's render is: at times at the very end.
      const from = Math.max(0, n - ((n * 7) % 60));
      const pattern = n % 2 === 0;
      joined.push({ from, pattern, ...listen(client, pattern ? "b/*" : "b/x", ids[from] as string) });
    }
    if (n % 500 === 499) server.cut();
    if (n % 25 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const expected = ({ from, pattern }: { from: number; pattern: boolean }): number[] =>
    Array.from({ length: total }, (_, n) => n).filter((n) => n > from && (pattern || n % 3 === 0));
  expect(joined.length).toBeGreaterThan(20);
  await expect.poll(() => joined.every((each) => each.seen.length >= expected(each).length)).toBe(true);
  for (const each of joined) expect(each.seen).toEqual(expected(each));
  expect(anchor.gaps).toEqual([]);
  await expect.poll(() => server.open()).toBe(1);
});

test("who joins, or joins anew, from within an event is told of the next ones, and who is left then of none", async () => {
  const server = await startHubServer();
  const client = createHubClient(server.url);
  const seen: string[] = [];
  const join = (name: string, onEvent: () => void): (() => string) =>
    client.join({
      topic: "a",
      onEvent({ data }) {
        seen.push(`${name} ${data}`);
        if (seen.length > 100) throw new Error("told of one event for ever");
        onEvent();
      },
    });
  let leave = (): string => "";
  const again = (): void => {
    leave();
    leave = join("again", again);
  };
  leave = join("again", again);
  join("once", () => {
    leaveLast();
    join("new", () => {});
  });
  const leaveLast = join("last", () => {});
  await expect.poll(() => server.hub.connections()[0]?.state).toBe("live");
  await server.hub.publish("a", 1);
  await expect.poll(() => seen.length).toBeGreaterThan(1);
  expect(seen).toEqual(["again 1", "once 1"]);
});

test("a gap is told to those it concerns", async () => {
  const server = await startHubServer({ retention: { topics: { news: { maxCount: 2 } } } });
  const { id } = await server.hub.publish("news", 0);
  for (const data of [1, 2, 3]) await server.hub.publish("news", data);
  const client = createHubClient(server.url);
  const live = listen(client, "news");
  await expect.poll(() => server.hub.connections()[0]?.state).toBe("live");
  const late = listen(client, "news", id);
  await expect.poll(() => late.seen).toEqual([2, 3]);
  expect(late.gaps).toEqual(["trimmed"]);
  expect(live.gaps).toEqual([]);
});

test("a topic that has ended is read to its end by who joins late", async () => {
  const server = await startHubServer();
  await server.hub.publish("jobs/7", "half");
  await server.hub.publish("jobs/7", "done", { end: true });
  const client = createHubClient(server.url);
  listen(client, "a");
  await expect.poll(() => server.hub.connections()[0]?.state).toBe("live");
  const job = listen(client, "jobs/7", 10);
  await expect.poll(() => job.seen).toEqual(["half", "done"]);
  await expect.poll(() => job.isCaughtUp()).toBe(true);
  await expect.poll(() => server.open()).toBe(1);
});

test("when all topics have ended the connection is closed, and who joins opens it anew", async () => {
  const server = await startHubServer();
  await server.hub.publish("jobs/7", "done", { end: true });
  const client = createHubClient(server.url);
  const job = listen(client, "jobs/7", 1);
  client.connection.subscribe(() => {});
  await expect.poll(() => client.connection.getSnapshot().status).toBe("closed");
  expect(job.seen).toEqual(["done"]);
  const { seen } = listen(client, "a");
  await expect.poll(() => server.hub.connections()[0]?.state).toBe("live");
  await server.hub.publish("a", 1);
  await expect.poll(() => seen).toEqual([1]);
  expect(job.seen).toEqual(["done"]);
});

test("what is refused for good is shown, told, and tried again by restart", async () => {
  const server = await startHubServer();
  const errors: string[] = [];
  const client = createHubClient(server.url, () => ({ onError: ({ code }) => errors.push(code) }));
  const bad = listen(client, "not//a topic");
  client.connection.subscribe(() => {});
  await expect.poll(() => client.connection.getSnapshot()).toMatchObject({ status: "closed", error: { status: 400 } });
  expect(errors).toEqual(["http_status"]);
  client.connection.getSnapshot().restart();
  await expect.poll(() => server.asked.length).toBe(2);
  bad.leave();
  const { seen } = listen(client, "a");
  await expect.poll(() => client.connection.getSnapshot().live).toBe(true);
  expect(client.connection.getSnapshot().error).toBeUndefined();
  await server.hub.publish("a", 1);
  await expect.poll(() => seen).toEqual([1]);
});

test("loadTopic reads the newest and says where to go on; it ends with its signal, and with what is final", async () => {
  const server = await startHubServer();
  for (const data of [1, 2, 3]) await server.hub.publish("a", data);
  const { id } = await server.hub.publish("b", "elsewhere");
  const loaded = await loadTopic<number>(server.url, "a", { last: 2 });
  expect(loaded.initial.map(({ data }) => data)).toEqual([2, 3]);
  expect(loaded.lastEventId).toBe(id);
  await expect(loadTopic(server.url, "not//a topic")).rejects.toMatchObject({ code: "http_status", status: 400 });
  await expect(loadTopic("http://127.0.0.1:1/events", "a", { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
    name: "TimeoutError",
  });
  await expect.poll(() => server.open()).toBe(0);
});
