import { connect } from "@tidings/client";
import { type RunningHub, startHub } from "tidings";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { ConnectOptions } from "../../src/types.ts";
import { createBreaking, startLink } from "./support/link.ts";
import { listen } from "./support/world.ts";

// A real hub over real HTTP, on real lines that are cut.

const LONG = { timeout: 10_000 };

async function start(config: Parameters<typeof startHub>[0] = {}): Promise<RunningHub> {
  const running = await startHub({ port: 0, memory: true, retry: 20, drain: 0, ...config });
  onTestFinished(() => running.close());
  await running.hub.ready;
  return running;
}

function follow(port: number, options: ConnectOptions) {
  const stream = connect(`http://127.0.0.1:${port}/events`, { retry: 20, ...options });
  onTestFinished(() => stream.close());
  return { stream, heard: listen(stream) };
}

const numbers = (to: number): number[] => Array.from({ length: to }, (_, at) => at);

describe("a Tidings hub", () => {
  test("every event once and in order, through cuts in the middle of anything", async () => {
    const { hub, port } = await start();
    let connections = 0;
    // Sometimes within the headers, sometimes within a block, sometimes between.
    const link = await startLink(port, () => createBreaking(150 + ((connections++ * 613) % 1900)));
    const { stream, heard } = follow(link, { topics: ["a/**"], from: "earliest" });
    for (const n of numbers(300)) {
      await hub.publish(`a/${n % 3}`, n);
      if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    // A failure is followed by a longer wait; a person would not wait either.
    const impatience = setInterval(stream.restart, 200);
    onTestFinished(() => clearInterval(impatience));
    await vi.waitFor(() => expect(heard.data()).toContain(299), LONG);
    expect(heard.data()).toEqual(numbers(300));
    expect(connections).toBeGreaterThan(5);
    expect(heard.of("gap")).toEqual([]);
  });

  test("topics added and removed while it publishes: nothing of what stays is missed or repeated", async () => {
    const { hub, port } = await start();
    const { stream, heard } = follow(port, { topics: ["stays"] });
    await vi.waitFor(() => expect(heard.of("live").length).toBe(1), LONG);
    for (const n of numbers(200)) {
      await hub.publish("stays", n);
      await hub.publish("comes", `c${n}`);
      if (n % 40 === 20) stream.setTopics(["stays", "comes"]);
      if (n % 40 === 0) stream.setTopics(["stays"]);
    }
    await vi.waitFor(() => expect(heard.data()).toContain(199), LONG);
    expect(
      heard
        .of("event")
        .filter(({ topic }) => topic === "stays")
        .map(({ data }) => data),
    ).toEqual(numbers(200));
    const others = heard.of("event").filter(({ topic }) => topic === "comes");
    expect(new Set(others.map(({ id }) => id)).size).toBe(others.length);
    expect(others.length).toBeGreaterThan(0);
  });

  test("all topics ended: the loop ends, with everything", async () => {
    const { hub, port } = await start();
    for (const n of numbers(5)) await hub.publish("job", n, { end: n === 4 });
    let asked = 0;
    const { stream, heard } = follow(port, {
      topics: ["job"],
      from: "earliest",
      fetch(url, init) {
        asked++;
        return fetch(url, init);
      },
    });
    const data: unknown[] = [];
    for await (const event of stream) data.push(event.data);
    expect(data).toEqual(numbers(5));
    expect(heard.of("end")).toEqual([{ topic: "job" }]);
    expect(heard.codes()).toEqual([]);
    await stream.closed;
    expect(heard.of("status")).toEqual(["open", "closed"]);
    expect(asked).toBe(1);
  });

  test("kicked and told to stay away: closed; refused for good: the hub's own words", async () => {
    const { hub, port } = await start();
    const { stream, heard } = follow(port, { topics: ["a"] });
    await vi.waitFor(() => expect(heard.of("live").length).toBe(1), LONG);
    for (const { id } of hub.connections()) hub.disconnect(id, { reconnect: false });
    await stream.closed;
    expect(heard.of("bye")).toEqual([{ reason: "kicked", reconnect: false }]);
    const refused = follow(port, { topics: ["a//b"] }).stream;
    const error = await refused.closed.then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(error).toMatchObject({
      code: "http_status",
      status: 400,
      problem: { code: "invalid_topic", field: "topic" },
    });
  });

  test("a hub that is full says when to come back, and is come back to", async () => {
    const running = await start({ maxConnections: 1 });
    const first = follow(running.port, { topics: ["a"] });
    await vi.waitFor(() => expect(first.heard.of("live").length).toBe(1), LONG);
    const { heard, stream } = follow(running.port, { topics: ["a"] });
    await vi.waitFor(() => expect(heard.of("error").map(({ status }) => status)).toEqual([503]), LONG);
    expect(stream.error?.problem?.code).toBe("too_many_connections");
    expect(stream.status).toBe("waiting");
  });

  test("restarted with its log wiped: a gap, and on", async () => {
    const before = await start();
    const { heard } = follow(before.port, { topics: ["a"] });
    await vi.waitFor(() => expect(heard.of("live").length).toBe(1), LONG);
    await before.hub.publish("a", 1);
    await vi.waitFor(() => expect(heard.data()).toEqual([1]), LONG);
    await before.close();
    const after = await start({ port: before.port });
    await vi.waitFor(() => expect(heard.of("gap").map(({ reason }) => reason)).toEqual(["reset"]), LONG);
    await after.hub.publish("a", 2);
    await vi.waitFor(() => expect(heard.data()).toEqual([1, 2]), LONG);
  });
});
