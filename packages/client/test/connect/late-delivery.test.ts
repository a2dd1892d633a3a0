import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createHub, type Hub } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { connect } from "../../src/connect.ts";
import { createLateDelivery } from "../../src/late-delivery.ts";
import type { ConnectOptions, EventStream } from "../../src/types.ts";
import { createBuffering, createFailing, createSlow, startLink } from "./support/link.ts";
import { createWorld, listen } from "./support/world.ts";

const HEARTBEAT = 2000;

async function startTestHub(): Promise<{ hub: Hub; port: number }> {
  const hub = createHub({ heartbeat: HEARTBEAT });
  const http = createServer(nodeHandler(hub));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  onTestFinished(async () => {
    await hub.close({ drain: 0 });
    http.closeAllConnections();
    http.close();
  });
  return { hub, port: (http.address() as AddressInfo).port };
}

function follow(port: number, options: ConnectOptions = {}): EventStream & { heard: ReturnType<typeof listen> } {
  const stream = connect(`http://127.0.0.1:${port}/`, { topics: ["a"], stall: false, ...options });
  onTestFinished(() => stream.close());
  return Object.assign(stream, { heard: listen(stream) });
}

// Real hubs, real proxies and real time, all at once: each waits for seconds.
describe.concurrent("through a link", () => {
  test("that buffers the body: warned, before anything has come", async () => {
    const { port } = await startTestHub();
    const { heard } = follow(await startLink(port, () => createBuffering(4096, { passesHeaders: true })));
    await vi.waitFor(() => expect(heard.of("warning").map(({ code }) => code)).toEqual(["late_delivery"]), 10_000);
    expect(heard.data()).toEqual([]);
    expect(heard.of("live")).toEqual([]);
  });

  test("that buffers the body of a hub that cannot be known for one: warned when it turns out to be one", async () => {
    const { hub, port } = await startTestHub();
    const { heard } = follow(await startLink(port, () => createBuffering(4096, { passesHeaders: true })), {
      // As an endpoint of an application, which knows its topics itself and has a proxy that changes headers.
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        return new Response(response.body, { headers: { "content-type": "text/event-stream" } });
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 6500));
    expect(heard.of("warning")).toEqual([]);
    await hub.publish("a", "x".repeat(8192));
    await vi.waitFor(() => expect(heard.of("warning").length).toBe(1), 5000);
  });

  test("that buffers all: warned when it comes", async () => {
    const { port } = await startTestHub();
    const stream = follow(await startLink(port, () => createBuffering(60, { passesHeaders: false })));
    // A machine too busy to judge looks again.
    stream.on("live", () => setTimeout(stream.restart, 500));
    await vi.waitFor(() => expect(stream.heard.of("warning").length).toBe(1), 19_000);
  });

  test("that is slow: every event, heartbeats in bunches, and no warning", async () => {
    const { hub, port } = await startTestHub();
    for (let count = 0; count < 20; count++) await hub.publish("a", `${count} ${"x".repeat(100)}`);
    const { heard } = follow(await startLink(port, () => createSlow(400)), { from: "earliest" });
    await vi.waitFor(() => expect(heard.of("event").length).toBe(20), 15_000);
    await hub.publish("a", "last");
    await vi.waitFor(() => expect(heard.data()).toContain("last"), 10_000);
    expect(heard.of("warning")).toEqual([]);
  });

  test("that fails for a while and then brings everything at once: no warning", async () => {
    const { hub, port } = await startTestHub();
    const { heard } = follow(await startLink(port, () => createFailing(500, 7500)));
    await vi.waitFor(() => expect(heard.of("live").length).toBe(1), 5000);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await hub.publish("a", "held");
    await vi.waitFor(() => expect(heard.data()).toEqual(["held"]), 10_000);
    await new Promise((resolve) => setTimeout(resolve, HEARTBEAT));
    expect(heard.of("warning")).toEqual([]);
  });

  test("that is fine: no warning", async () => {
    const { port } = await startTestHub();
    const { heard } = follow(port);
    await new Promise((resolve) => setTimeout(resolve, 7000));
    expect(heard.of("live").length).toBe(1);
    expect(heard.of("warning")).toEqual([]);
  });
});

describe("a reader that was asleep or busy", () => {
  const setUp = () => {
    let now = 0;
    let warnings = 0;
    const world = createWorld({ isStill: true, now: () => now });
    const late = createLateDelivery(world, () => warnings++);
    late.asked();
    const pulse = (took: number): void => {
      now += took;
      world.elapse(1000);
    };
    const sleep = (took: number): void => {
      now += took;
    };
    return { late, world, pulse, sleep, warnings: () => warnings };
  };

  test("is not warned of what it slept through", () => {
    const { late, pulse, warnings } = setUp();
    late.answered(true);
    pulse(60_000);
    for (let count = 0; count < 4; count++) pulse(1000);
    expect(warnings()).toBe(0);
    late.opened(2000);
    late.beat();
    // Four seconds of silence, awake, between headers and first block are too few, but a heartbeat right behind is not.
    expect(warnings()).toBe(1);
  });

  test("is not warned after sleep alone, of which it hears before or after what came meanwhile", () => {
    for (const hearsBefore of [true, false]) {
      const { late, pulse, sleep, warnings } = setUp();
      for (let count = 0; count < 9; count++) pulse(1000);
      if (hearsBefore) pulse(60_000);
      else sleep(60_000);
      late.answered(true);
      late.opened(2000);
      late.beat();
      expect(warnings()).toBe(0);
    }
  });

  test("does not count for ever", () => {
    const { world, pulse } = setUp();
    for (let count = 0; count < 60; count++) pulse(1000);
    expect(world.timers).toEqual([]);
  });
});
