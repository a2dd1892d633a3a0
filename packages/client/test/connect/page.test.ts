import { describe, expect, test, vi } from "vitest";
import { environment } from "../../src/environment.ts";
import { startServer } from "./support/server.ts";
import { createWorld, listen, open } from "./support/world.ts";

const OPEN = 'id: e-0\nevent: tidings:open\ndata: {"connection":"c","heartbeat":400}\n\n';

/** What an open stream waits for beside its watchdog: a first block that is not there yet. */
const FIRST_BLOCK = 100;

describe("the watchdog", () => {
  test("auto: cuts a hub that is silent for two of its heartbeats, and resumes", async () => {
    const server = await startServer((exchange) => exchange.stream(`${OPEN}id: e-1\ntopic: a\ndata: 1\n\n`));
    const world = createWorld({ isStill: true });
    const stream = open(server.url, {}, world);
    const heard = listen(stream);
    await vi.waitFor(() => expect(heard.data()).toEqual([1]));
    await vi.waitFor(() => expect(world.timers).toContain(800));
    world.elapse(800);
    await (await server.exchange(1)).gone;
    expect(heard.codes()).toEqual(["stalled"]);
    expect(stream.status).toBe("waiting");
    world.elapse(0);
    expect((await server.exchange(2)).asked.headers["last-event-id"]).toBe("e-1");
    // It is known by now, so that a request that is not answered is cut too.
    await vi.waitFor(() => expect(heard.of("open").length).toBe(2));
  });

  test("auto: cuts a request that a known hub does not answer", async () => {
    const server = await startServer((exchange, number) => {
      if (number === 1) exchange.stream(OPEN);
      if (number === 1) exchange.end();
    });
    const world = createWorld({ isStill: true });
    const stream = open(server.url, {}, world);
    await vi.waitFor(() => expect(world.timers).toEqual([0]));
    world.elapse(0);
    const second = await server.exchange(2);
    await vi.waitFor(() => expect(world.timers).toContain(800));
    world.elapse(800);
    await second.gone;
    expect(stream.error).toMatchObject({ code: "stalled" });
  });

  test("auto: never cuts another server, nor does false cut a hub", async () => {
    const server = await startServer((exchange) => exchange.stream("data: 1\n\n"));
    const world = createWorld({ isStill: true });
    const heard = listen(open(server.url, {}, world));
    await vi.waitFor(() => expect(heard.data()).toEqual([1]));
    expect(world.timers).toEqual([FIRST_BLOCK]);

    const hub = await startServer((exchange) => exchange.stream(OPEN));
    const off = createWorld({ isStill: true });
    const stream = open(hub.url, { stall: false }, off);
    await vi.waitFor(() => expect(stream.status).toBe("open"));
    expect(off.timers).toEqual([FIRST_BLOCK]);
  });

  test("is fed by any byte: comments, heartbeats, half a block", async () => {
    const server = await startServer((exchange) => exchange.stream());
    const watches = new Set<() => void>();
    let begun = 0;
    const world = createWorld({
      after(milliseconds, callback) {
        if (milliseconds !== 300) return environment.after(milliseconds, callback);
        begun++;
        watches.add(callback);
        return () => watches.delete(callback);
      },
    });
    const heard = listen(open(server.url, { stall: 300 }, world));
    const first = await server.exchange(1);
    // Of the request, and of its answer.
    await vi.waitFor(() => expect(begun).toBe(2));
    for (const [at, piece] of [": c\n", "id: 1\n\n", "da", "ta", ": 1", "\n", "\n", ":"].entries()) {
      first.send(piece);
      await vi.waitFor(() => expect(begun, `watched anew after ${JSON.stringify(piece)}`).toBe(3 + at));
      expect(watches.size).toBe(1);
    }
    expect(heard.data()).toEqual([1]);
    expect(server.asked.length).toBe(1);
    for (const cut of watches) cut();
    await server.exchange(2);
    expect(heard.codes()).toEqual(["stalled"]);
  });

  test("a fixed time counts from the request on", async () => {
    const server = await startServer(() => {});
    open(server.url, { stall: 50 });
    await server.exchange(2);
    await (await server.exchange(1)).gone;
  });

  test("a fetch that ignores its signal is cut all the same", async () => {
    const server = await startServer((exchange) => exchange.stream("data: 1\n\n"));
    const deaf: typeof fetch = (url, { signal: _, ...init } = {}) => fetch(url, init);
    const stream = open(server.url, { stall: 50, fetch: deaf });
    const heard = listen(stream);
    await server.exchange(2);
    await (await server.exchange(1)).gone;
    expect(heard.codes()[0]).toBe("stalled");
    const never = open(server.url, { stall: 50, fetch: () => new Promise(() => {}) });
    await vi.waitFor(() => expect(never.error).toMatchObject({ code: "stalled" }));
  });
});

describe("the network", () => {
  test("away: waits for it, and tries at once when it is back", async () => {
    const server = await startServer((exchange, number) => (number < 3 ? exchange.cut() : exchange.stream(": hi\n")));
    const world = createWorld({ isStill: true, random: () => 1 });
    const stream = open(server.url, {}, world);
    const heard = listen(stream);
    await vi.waitFor(() => expect(stream.status).toBe("waiting"));
    expect(world.timers).toEqual([1000]);
    world.isNetworkUp = false;
    world.fire("offline");
    expect(stream.status).toBe("offline");
    // Now and then all the same: browsers are wrong about it at times.
    expect(world.timers).toEqual([30_000]);
    world.elapse(30_000);
    await vi.waitFor(() => expect(heard.of("status").slice(-2)).toEqual(["connecting", "offline"]));
    world.isNetworkUp = true;
    world.fire("online");
    await vi.waitFor(() => expect(stream.status).toBe("open"));
    expect(server.asked.length).toBe(3);
  });

  test("away for a while during a stream: connects anew, as the old connection may never hear of its end", async () => {
    const server = await startServer((exchange) => exchange.stream("id: 1\n\n"));
    const world = createWorld({ isStill: true });
    const stream = open(server.url, {}, world);
    await vi.waitFor(() => expect(stream.lastEventId).toBe("1"));
    world.fire("online");
    expect(stream.status).toBe("open");
    world.fire("offline");
    expect(stream.status).toBe("open");
    world.fire("online");
    expect((await server.exchange(2)).asked.headers["last-event-id"]).toBe("1");
  });
});

describe("the page", () => {
  test("hidden: keeps the connection unless told to pause", async () => {
    const server = await startServer((exchange) => exchange.stream());
    const world = createWorld();
    const stream = open(server.url, {}, world);
    await vi.waitFor(() => expect(stream.status).toBe("open"));
    world.isPageHidden = true;
    world.fire("visibilitychange");
    expect(stream.status).toBe("open");
  });

  test("hidden: pause closes the connection, and resumes from the cursor when it is seen", async () => {
    const server = await startServer((exchange, number) => exchange.stream(`id: ${number}\n\n`));
    const world = createWorld({ isStill: true, isHidden: () => world.isPageHidden });
    world.isPageHidden = true;
    const stream = open(server.url, { hidden: "pause" }, world);
    const look = (isHidden: boolean): void => {
      world.isPageHidden = isHidden;
      world.fire("visibilitychange");
    };
    await vi.waitFor(() => expect(stream.status).toBe("waiting"));
    expect(server.asked.length).toBe(0);
    look(false);
    await vi.waitFor(() => expect(stream.lastEventId).toBe("1"));
    look(true);
    expect(stream.status).toBe("waiting");
    await (await server.exchange(1)).gone;
    stream.restart();
    stream.setTopics(["a"]);
    world.fire("online");
    await vi.waitFor(() => expect(stream.status).toBe("waiting"));
    expect(world.timers).toEqual([]);
    look(false);
    expect((await server.exchange(2)).asked.headers["last-event-id"]).toBe("1");
    expect(server.asked.length).toBe(2);
  });

  test("left, and come back to out of the back/forward cache: resumes", async () => {
    const server = await startServer((exchange, number) => exchange.stream(`id: ${number}\n\n`));
    const world = createWorld();
    const stream = open(server.url, {}, world);
    await vi.waitFor(() => expect(stream.lastEventId).toBe("1"));
    world.fire("pageshow", { persisted: false });
    world.fire("pagehide", { persisted: true });
    await (await server.exchange(1)).gone;
    expect(stream.status).toBe("waiting");
    world.fire("pageshow", { persisted: true });
    expect((await server.exchange(2)).asked.headers["last-event-id"]).toBe("1");
  });

  test("is let go of when the stream is closed", async () => {
    const server = await startServer((exchange) => exchange.stream(": hi\n"));
    const world = createWorld({ isStill: true });
    const stream = open(server.url, { hidden: "pause" }, world);
    await vi.waitFor(() => expect(stream.status).toBe("open"));
    expect(world.listening).toBe(5);
    stream.close();
    expect(world.listening).toBe(0);
    await vi.waitFor(() => expect(world.timers).toEqual([]));
  });
});
