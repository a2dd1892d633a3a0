import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createEventSourceStore, toIdentity } from "@tidings/client/store";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { createFold } from "../../src/store/fold.ts";
import { onFrame } from "../../src/store/frame.ts";
import { createStore } from "../../src/store/store.ts";
import { startHubServer } from "./hub-server.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const event = (data: unknown) => ({ id: "", event: "message", topic: "a", data });

describe("onFrame", () => {
  it("runs each task once, all together, with the animation frame", () => {
    vi.useFakeTimers();
    const frames: (() => void)[] = [];
    vi.stubGlobal("requestAnimationFrame", (callback: () => void) => frames.push(callback));
    vi.stubGlobal("cancelAnimationFrame", () => {});
    const ran: string[] = [];
    const first = (): void => void ran.push("first");
    for (let n = 0; n < 3; n++) onFrame(first);
    onFrame(() => ran.push("second"));
    expect(frames).toHaveLength(1);
    expect(ran).toEqual([]);
    frames[0]?.();
    expect(ran).toEqual(["first", "second"]);
    vi.advanceTimersByTime(10_000);
    expect(ran).toEqual(["first", "second"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not wait for frames that do not come: a hidden tab, or no page at all", () => {
    vi.useFakeTimers();
    const task = vi.fn();
    vi.stubGlobal("requestAnimationFrame", undefined);
    onFrame(task);
    vi.runAllTimers();
    expect(task).toHaveBeenCalledTimes(1);
    const cancel = vi.fn();
    vi.stubGlobal("requestAnimationFrame", () => 7);
    vi.stubGlobal("cancelAnimationFrame", cancel);
    onFrame(task);
    vi.runAllTimers();
    expect(task).toHaveBeenCalledTimes(2);
    expect(cancel).toHaveBeenCalledWith(7);
  });
});

describe("a store", () => {
  it("works while somebody listens, and gives the same snapshot until listeners are told", () => {
    vi.useFakeTimers();
    let state = 0;
    const calls: string[] = [];
    const store = createStore(
      () => state,
      () => {
        calls.push("start");
        return () => calls.push("stop");
      },
    );
    const listener = vi.fn();
    const stops = [store.subscribe(listener), store.subscribe(() => {})];
    state = 1;
    store.changed();
    expect(store.getSnapshot()).toBe(0);
    vi.runAllTimers();
    expect(listener).toHaveBeenCalledTimes(1);
    expect(store.getSnapshot()).toBe(1);
    expect(store.getServerSnapshot()).toBe(0);
    for (const stop of [...stops, ...stops]) stop();
    expect(calls).toEqual(["start", "stop"]);
  });
});

describe("a fold", () => {
  it("keeps the newest, in order, and never more than it may", () => {
    let limit = 3;
    const fold = createFold<readonly ReturnType<typeof event>[]>([event(-1), event(0)], () => ({ limit }));
    const data = () => fold.read().map(({ data }) => data);
    for (const n of [1, 2]) fold.add(event(n));
    expect(data()).toEqual([0, 1, 2]);
    for (let n = 0; n < 50_000; n++) fold.add(event(n));
    expect(data()).toEqual([49_997, 49_998, 49_999]);
    limit = 1;
    expect(data()).toEqual([49_999]);
    limit = 0;
    expect(data()).toEqual([]);
    limit = Number.POSITIVE_INFINITY;
    for (let n = 0; n < 20_000; n++) fold.add(event(n));
    expect(fold.read()).toHaveLength(20_000);
  });

  it("leaves out what reduce throws for, and uses the newest function", () => {
    const reported: unknown[] = [];
    vi.stubGlobal("queueMicrotask", (task: () => void) => {
      try {
        task();
      } catch (error) {
        reported.push(error);
      }
    });
    let factor = 1;
    const fold = createFold(0, () => ({
      reduce(sum: number, { data }: { data: number }) {
        if (data < 0) throw new Error("below zero");
        return sum + factor * data;
      },
    }));
    for (const n of [1, -1, 2]) fold.add(event(n));
    expect(fold.read()).toBe(3);
    expect(reported).toEqual([new Error("below zero")]);
    factor = 10;
    fold.add(event(1));
    expect(fold.read()).toBe(13);
  });
});

describe("the identity of a stream", () => {
  it("is made of values: never of functions, headers, or where it starts", () => {
    const of = (options: object) => toIdentity("/events", options);
    const none = of({});
    expect(of({ headers: { a: "1" }, fetch, lastEventId: "1", last: 1, onError() {}, limit: 3 })).toBe(none);
    expect(of({ body: new FormData() })).toBe(of({ body: new FormData() }));
    expect(toIdentity(new URL("http://h/x"), {})).toBe(toIdentity("http://h/x", {}));
    const others = [
      { topics: ["a"] },
      { method: "POST" },
      { body: "x" },
      { credentials: "include" },
      { identity: "ada" },
      { share: "tabs" },
      { raw: true },
    ].map(of);
    expect(new Set([none, ...others]).size).toBe(others.length + 1);
    expect(of({ topics: ["a"] })).toBe(of({ topics: ["a"] }));
  });
});

describe("the store of an endpoint", () => {
  it("goes on where it was when it is seen again, but never repeats a POST", async () => {
    const asked: string[] = [];
    let open = 0;
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.headers["last-event-id"] ?? "-"}`);
      request.resume();
      open++;
      response.once("close", () => open--);
      response.setHeader("content-type", "text/event-stream").write("id: 5\ndata: five\n\n");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

    const store = createEventSourceStore(url);
    for (const times of [1, 2]) {
      const stop = store.subscribe(() => {});
      await expect.poll(() => asked.length).toBe(times);
      await expect.poll(() => store.getSnapshot().data).toBe("five");
      await expect.poll(() => store.getSnapshot().status).toBe("open");
      stop();
      await expect.poll(() => open).toBe(0);
    }
    expect(asked).toEqual(["GET -", "GET 5"]);

    const post = createEventSourceStore(url, () => ({ method: "POST", body: "x" }));
    post.subscribe(() => {})();
    const stop = post.subscribe(() => {});
    await expect.poll(() => post.getSnapshot().data).toBe("five");
    stop();
    await expect.poll(() => open).toBe(0);
    const again = post.subscribe(() => {});
    await expect.poll(() => post.getSnapshot().status).toBe("closed");
    again();
    expect(asked.slice(2)).toEqual(["POST -"]);
  });

  it("tells of events, gaps and ends, in the order they came in", async () => {
    const { url, hub } = await startHubServer();
    for (const data of [1, 2]) await hub.publish("a", data);
    await hub.publish("a", 3, { end: true });
    const told: unknown[] = [];
    const store = createEventSourceStore<number>(url, () => ({
      topics: ["a"],
      lastEventId: "gone-1",
      onEvent: ({ data }) => told.push(data),
      onGap: ({ reason }) => told.push(reason),
      onEnd: ({ topic }) => told.push(`${topic} has ended`),
    }));
    onTestFinished(store.subscribe(() => {}));
    await expect.poll(() => told).toEqual(["reset", 1, 2, 3, "a has ended"]);
    await expect.poll(() => store.getSnapshot().status).toBe("closed");
  });

  it("is not opened by a restart when nobody looks, but by who looks again", async () => {
    const asked: (string | undefined)[] = [];
    let open = 0;
    const server = createServer((request, response) => {
      asked.push(request.url);
      if (request.url !== "/events") return response.end();
      open++;
      response.once("close", () => open--);
      response.setHeader("content-type", "text/event-stream").flushHeaders();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const store = createEventSourceStore(`${url}/events`);
    const { restart } = store.getSnapshot();
    restart();
    await fetch(`${url}/1`);
    const stop = store.subscribe(() => {});
    await expect.poll(() => open).toBe(1);
    stop();
    await expect.poll(() => open).toBe(0);
    store.getSnapshot().close();
    restart();
    await fetch(`${url}/2`);
    expect(asked).toEqual(["/1", "/events", "/2"]);
    onTestFinished(store.subscribe(() => {}));
    await expect.poll(() => open).toBe(1);
  });

  it("of no address is closed, and asks nobody", () => {
    const store = createEventSourceStore(null);
    store.subscribe(() => {})();
    store.getSnapshot().restart();
    expect(store.getSnapshot()).toMatchObject({ status: "closed", data: undefined, events: [] });
  });
});
