import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { createHub, type Hub } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";
import { build } from "esbuild";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { BROWSERS_OF_LONG_SUITES, startBrowser } from "../../../../tests/support/browsers.ts";
import { connect } from "../../src/index.ts";

interface Heard {
  readonly data: unknown[];
  readonly statuses: string[];
  /** When each of the data came, by the machine's clock. */
  readonly times: number[];
  /** How late a timer of the tab has been at most, in milliseconds: as late as the machine is busy. */
  readonly late: number;
}

const PATIENCE = { timeout: 20_000, interval: 50 };

let client: string;

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../../src/index.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "tidings",
    target: "es2022",
    logLevel: "silent",
  });
  client = `${outputFiles[0]?.text};
globalThis.heard = { data: [], statuses: [], times: [], late: 0 };
let then = performance.now();
setInterval(() => {
  heard.late = Math.max(heard.late, performance.now() - then - 20);
  then = performance.now();
}, 20);
globalThis.listen = (options, path = "/events") => {
  const stream = (globalThis.stream = tidings.connect(path, { share: "tabs", identity: "ada", ...options }));
  stream.on("event", ({ data }) => {
    heard.data.push(data);
    heard.times.push(Date.now());
  });
  stream.on("status", (status) => heard.statuses.push(status));
};`;
}, 30_000);

/** A hub and its pages over HTTP/1.1, and what came to it. */
async function start(browser?: Browser) {
  const hub = createHub({ retention: { maxCount: 10_000 } });
  const events = nodeHandler(hub);
  let asked = 0;
  let answer = events;
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/events")) {
      asked++;
      answer(request, response);
    } else if (request.url === "/client.js") response.setHeader("content-type", "text/javascript").end(client);
    else response.setHeader("content-type", "text/html").end('<!doctype html><script src="/client.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const context = (await browser?.newContext()) as BrowserContext;
  onTestFinished(async () => {
    await context?.close();
    await hub.close({ drain: 0 });
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    hub,
    context,
    url,
    get asked() {
      return asked;
    },
    /** The next request is answered when the one after it has gone, and `first` is done. */
    holdNext(first: () => unknown) {
      answer = (request, response) => {
        answer = (next, nextResponse) => {
          answer = events;
          nextResponse.once("close", async () => {
            await first();
            events(request, response);
          });
          events(next, nextResponse);
        };
      };
    },
    one: (count = 1) => vi.waitFor(() => expect(hub.connections().length).toBe(count), PATIENCE),
  };
}

async function openTab(context: BrowserContext, url: string, options: object = { topics: ["a"] }): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.evaluate((given) => (globalThis as never as { listen(o: object): void }).listen(given), options);
  return page;
}

function heard(page: Page): Promise<Heard> {
  return page.evaluate(() => (globalThis as never as { heard: Heard }).heard);
}

function isOpen(page: Page): Promise<unknown> {
  return page.waitForFunction(() => (globalThis as never as { stream: { status: string } }).stream.status === "open");
}

function hears(page: Page, data: unknown[]): Promise<void> {
  return vi.waitFor(async () => expect((await heard(page)).data).toEqual(data), PATIENCE);
}

/** The tab that leads holds the group's lock. */
async function findLeader(pages: Page[]): Promise<Page> {
  for (const page of pages) {
    const leads = await page.evaluate(async () => {
      const { held = [] } = await navigator.locks.query();
      const ofGroup = held.find(({ name }) => name?.endsWith("]"));
      const own = await new Promise<string | undefined>((resolve) => {
        // A lock of this tab shows who this tab is.
        navigator.locks.request("who", async () => {
          const now = await navigator.locks.query();
          resolve(now.held?.find(({ name }) => name === "who")?.clientId);
        });
      });
      return ofGroup !== undefined && ofGroup.clientId === own;
    });
    if (leads) return page;
  }
  throw new Error("No tab leads.");
}

/** Stops the process of a tab, as a device that sleeps does: nothing in it runs, nothing is told to it. */
async function toFreezer(browser: Browser, page: Page): Promise<{ freeze(): void; thaw(): void }> {
  const id = await findProcess(browser, page);
  return { freeze: () => void process.kill(id, "SIGSTOP"), thaw: () => void process.kill(id, "SIGCONT") };
}

/**
 * Each tab has a process of its own. The protocol does not say which: it is the one that works when the tab does, twice, since
 * one that begins works too.
 */
async function findProcess(browser: Browser, page: Page): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const spent = async (): Promise<Map<number, number>> => {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    return new Map(processInfo.filter(({ type }) => type === "renderer").map(({ id, cpuTime }) => [id, cpuTime]));
  };
  let before = await spent();
  let found: number | undefined;
  for (;;) {
    await page.evaluate("for (const end = performance.now() + 100; performance.now() < end; );");
    const since = [...(await spent())].map(([id, time]) => ({ id, seconds: time - (before.get(id) ?? 0) }));
    const [most, next] = since.sort((one, other) => other.seconds - one.seconds);
    if (!most || most.seconds < 0.2 || most.seconds < 4 * (next?.seconds ?? 0)) continue;
    if (most.id === found) return found;
    found = most.id;
    before = await spent();
  }
}

/** Publishes fifty numbers a second, those behind `count`, until it is stopped. */
function publish({ hub }: { hub: Hub }, count: number): { readonly count: number; stop(): void } {
  let last = count;
  const publishing = setInterval(() => void hub.publish("a", ++last), 20);
  const stop = (): void => clearInterval(publishing);
  onTestFinished(stop);
  return {
    get count() {
      return last;
    },
    stop,
  };
}

/**
 * Does away with a leader, and holds every other tab to hear what is published from then on within a second: for as long as
 * the machine is busy, that much later.
 */
async function isReplacedWithinASecond(
  how: string,
  others: Page[],
  published: { readonly count: number },
  lose: () => unknown,
): Promise<void> {
  await Promise.all(others.map((page) => page.evaluate("heard.late = 0")));
  const lost = Date.now();
  await lose();
  // What was on its way by then may have come by the old one.
  const before = published.count + 1;
  const spans = await Promise.all(
    others.map(async (page) => {
      let told = await heard(page);
      await vi.waitFor(async () => {
        told = await heard(page);
        expect(told.data.at(-1)).toBeGreaterThan(before);
      }, PATIENCE);
      const at = told.data.findIndex((data) => Number(data) > before);
      return { milliseconds: (told.times[at] as number) - lost, late: told.late };
    }),
  );
  const rounded = spans.map(({ milliseconds, late }) => `${milliseconds} ms (timers late by ${Math.round(late)})`);
  console.log(`A leader that ${how} is replaced after ${rounded.join(", ")}.`);
  for (const { milliseconds, late } of spans) expect(milliseconds, how).toBeLessThan(1000 + late);
}

/** The number of times that a timer of the tab has gone off. */
function ticks(page: Page): Promise<number> {
  return page.evaluate(() => {
    const world = globalThis as never as { ticks?: number };
    if (world.ticks === undefined) setInterval(() => (world.ticks = (world.ticks ?? 0) + 1), 20);
    world.ticks ??= 0;
    return world.ticks;
  });
}

const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, n) => first + n);

describe.each(BROWSERS_OF_LONG_SUITES)("%s", (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser(name, { isWhole: true });
  });
  afterAll(() => browser.close());
  // Crashes and freezes are asked for in Chromium's own protocol.
  const inChromium = test.skipIf(name !== "Chromium");

  test("eight tabs over HTTP/1.1 have one connection: each hears each event once, and fetches get through", {
    timeout: 90_000,
  }, async () => {
    const world = await start(browser);
    const plain = await Promise.all(upTo(8).map(() => world.context.newPage()));
    await Promise.all(plain.map((page) => page.goto(world.url)));
    await Promise.all(plain.map((page) => page.evaluate(() => void new EventSource("/events?topic=a"))));
    await world.one(6);
    const hangs = await plain[7]?.evaluate(() =>
      fetch("/other", { signal: AbortSignal.timeout(1000) }).then(
        () => false,
        () => true,
      ),
    );
    expect(hangs).toBe(true);
    // Firefox has let one more through by now; the eighth hangs in both.
    expect(world.hub.connections().length).toBeLessThanOrEqual(name === "Chromium" ? 6 : 7);
    await Promise.all(plain.map((page) => page.close()));
    await world.one(0);

    const pages = await Promise.all(upTo(8).map(() => openTab(world.context, world.url)));
    await Promise.all(pages.map(isOpen));
    await world.one();
    for (const n of upTo(20)) await world.hub.publish("a", n);
    await Promise.all(pages.map((page) => hears(page, upTo(20))));
    expect(await pages[7]?.evaluate(() => fetch("/other").then((response) => response.ok))).toBe(true);
    expect(world.hub.connections().length).toBe(1);

    const leader = await findLeader(pages);
    pages.splice(pages.indexOf(leader), 1);
    const numbers = publish(world, 20);
    await isReplacedWithinASecond("is closed", pages, numbers, () => leader.close());
    await world.one();
    numbers.stop();
    await Promise.all(pages.map((page) => hears(page, upTo(numbers.count))));
  });

  inChromium("a leader that crashes is replaced", { timeout: 40_000 }, async () => {
    const world = await start(browser);
    const pages = await Promise.all(upTo(3).map(() => openTab(world.context, world.url)));
    await Promise.all(pages.map(isOpen));
    await world.one();
    await world.hub.publish("a", 1);
    await Promise.all(pages.map((page) => hears(page, [1])));
    const leader = await findLeader(pages);
    const others = pages.filter((page) => page !== leader);
    const session = await world.context.newCDPSession(leader);
    const numbers = publish(world, 1);
    await isReplacedWithinASecond("crashes", others, numbers, () =>
      Promise.race([session.send("Page.crash").catch(() => {}), leader.waitForEvent("crash")]),
    );
    await world.one();
    numbers.stop();
    await Promise.all(others.map((page) => hears(page, upTo(numbers.count))));
  });

  inChromium(
    "a leader that is frozen is replaced, and thawed it neither leads nor repeats",
    {
      timeout: 40_000,
    },
    async () => {
      const world = await start(browser);
      const pages = await Promise.all(upTo(4).map(() => openTab(world.context, world.url)));
      await Promise.all(pages.map(isOpen));
      await world.one();
      await world.hub.publish("a", 1);
      await Promise.all(pages.map((page) => hears(page, [1])));
      const leader = await findLeader(pages);
      const others = pages.filter((page) => page !== leader);
      const counters = [leader, others[0] as Page];
      const counted = await Promise.all(counters.map(ticks));
      const { freeze, thaw } = await toFreezer(browser, leader);
      const numbers = publish(world, 1);
      await isReplacedWithinASecond("is frozen", others, numbers, freeze);
      // The frozen tab's own connection is still there: nobody but itself can end it.
      await world.one(2);
      thaw();
      const now = await Promise.all(counters.map(ticks));
      const [frozen = 0, other = 0] = now.map((count, at) => count - (counted[at] ?? 0));
      expect(frozen, "it stood still").toBeLessThan(other / 2);
      await world.one();
      numbers.stop();
      await Promise.all(pages.map((page) => hears(page, upTo(numbers.count))));
      expect(await findLeader(pages)).not.toBe(leader);
    },
  );

  test("each tab has its own topics, changes them, and comes with its own cursor", { timeout: 40_000 }, async () => {
    const world = await start(browser);
    const { id } = await world.hub.publish("a", "a1");
    await world.hub.publish("a", "a2");
    const first = await openTab(world.context, world.url, { topics: ["a"] });
    // Its own connection, then the shared one.
    await vi.waitFor(() => expect(world.asked).toBe(2), PATIENCE);
    await world.one();
    // The shared connection does not get so far, and goes back behind it when it is asked for `b` too.
    await world.hub.publish("b/1", "b1");
    const pattern = await openTab(world.context, world.url, { topics: ["b/*"], last: 1 });
    const behind = await openTab(world.context, world.url, { topics: ["a"], lastEventId: id });
    const all = await openTab(world.context, world.url, { topics: ["a", "b/**"], from: "earliest" });
    const pages = [first, pattern, behind, all];
    await Promise.all(pages.map(isOpen));
    await world.one();
    await world.hub.publish("a", "a3");
    await world.hub.publish("b/2", "b2");
    await hears(first, ["a3"]);
    await hears(pattern, ["b1", "b2"]);
    await hears(behind, ["a2", "a3"]);
    await hears(all, ["a1", "a2", "b1", "a3", "b2"]);
    await first.evaluate(() =>
      (globalThis as never as { stream: { setTopics(t: string[]): void } }).stream.setTopics(["c"]),
    );
    await vi.waitFor(() => expect(world.hub.connections()[0]?.topics).toContain("c"), PATIENCE);
    await world.one();
    await world.hub.publish("a", "a4");
    await world.hub.publish("c", "c1");
    await hears(first, ["a3", "c1"]);
    await hears(behind, ["a2", "a3", "a4"]);
    await hears(all, ["a1", "a2", "b1", "a3", "b2", "a4"]);
    // What is ended for all of its topics is closed; the others go on.
    await world.hub.publish("c", "c2", { end: true });
    await hears(first, ["a3", "c1", "c2"]);
    await vi.waitFor(async () => expect((await heard(first)).statuses.at(-1)).toBe("closed"), PATIENCE);
    await world.hub.publish("a", "a5");
    await hears(behind, ["a2", "a3", "a4", "a5"]);
  });

  test("identities do not meet; all closed and opened again resume where each was", { timeout: 40_000 }, async () => {
    const world = await start(browser);
    const ada = { topics: ["a"], identity: "ada", persist: "cursor" };
    const bob = { topics: ["b"], identity: "bob", persist: "cursor" };
    const pages = await Promise.all([ada, ada, bob, bob].map((options) => openTab(world.context, world.url, options)));
    await Promise.all(pages.map(isOpen));
    await world.one(2);
    expect(world.hub.connections().map(({ topics }) => topics)).toEqual(expect.arrayContaining([["a"], ["b"]]));
    await world.hub.publish("a", "a1");
    await world.hub.publish("b", "b1");
    await Promise.all(pages.map((page, n) => hears(page, [n < 2 ? "a1" : "b1"])));
    await Promise.all(pages.map((page) => page.goto("about:blank")));
    await world.one(0);
    await world.hub.publish("b", "b2");
    await world.hub.publish("a", "a2");
    await Promise.all(
      pages.map(async (page, n) => {
        await page.goto(world.url);
        const options = n < 2 ? ada : bob;
        await page.evaluate((given) => (globalThis as never as { listen(o: object): void }).listen(given), options);
      }),
    );
    await Promise.all(pages.map((page, n) => hears(page, [n < 2 ? "a2" : "b2"])));
    await world.one(2);
  });

  test("what a tab's own connection brought is kept, though nothing comes after it", { timeout: 40_000 }, async () => {
    const world = await start(browser);
    const { id } = await world.hub.publish("a", "a1");
    const last = await world.hub.publish("a", "a2");
    await isOpen(await openTab(world.context, world.url));
    await world.one();
    const page = await world.context.newPage();
    await page.goto(world.url);
    await page.evaluate((cursor) => sessionStorage.setItem("cursor", cursor), id);
    await page.evaluate(() =>
      (globalThis as never as { listen(o: object): void }).listen({ topics: ["a"], persist: "cursor" }),
    );
    await hears(page, ["a2"]);
    await isOpen(page);
    // By now, and not by the next heartbeat.
    expect(await page.evaluate(() => sessionStorage.getItem("cursor"))).toBe(last.id);
  });

  test("who comes while the shared connection comes back is let in by one that has its topics", {
    timeout: 40_000,
  }, async () => {
    const world = await start(browser);
    const first = await openTab(world.context, world.url, { topics: ["a"] });
    await isOpen(first);
    await world.one();
    world.holdNext(() => world.hub.publish("b", "b1"));
    const { asked } = world;
    for (const { id } of world.hub.connections()) world.hub.disconnect(id);
    await vi.waitFor(() => expect(world.asked).toBe(asked + 1), PATIENCE);
    const second = await openTab(world.context, world.url, { topics: ["b"] });
    await hears(second, ["b1"]);
    await world.one();
    await world.hub.publish("b", "b2");
    await world.hub.publish("a", "a1");
    await hears(second, ["b1", "b2"]);
    await hears(first, ["a1"]);
  });

  inChromium(
    "a tab that is frozen for long is left to its cursor, and misses nothing",
    { timeout: 40_000 },
    async () => {
      const world = await start(browser);
      const pages = await Promise.all(upTo(3).map(() => openTab(world.context, world.url)));
      await Promise.all(pages.map(isOpen));
      await world.one();
      const leader = await findLeader(pages);
      const follower = pages.find((page) => page !== leader) as Page;
      const { freeze, thaw } = await toFreezer(browser, follower);
      freeze();
      // More than a leader tells ahead: 4,096.
      const many = 6000;
      for (let n = 0; n < many; n += 500)
        await Promise.all(upTo(n + 500, n + 1).map((each) => world.hub.publish("a", each)));
      const counts = (page: Page) =>
        vi.waitFor(async () => expect((await heard(page)).data.length).toBeGreaterThanOrEqual(many), PATIENCE);
      await Promise.all(pages.filter((page) => page !== follower).map(counts));
      const { asked } = world;
      thaw();
      await counts(follower);
      for (const page of pages) expect((await heard(page)).data).toEqual(upTo(many));
      // By a short connection of its own.
      expect(world.asked).toBe(asked + 1);
      await world.one();
    },
  );

  test("the hub cuts, refuses, and takes its leave: every tab says so", { timeout: 40_000 }, async () => {
    const world = await start(browser);
    const pages = await Promise.all(upTo(3).map(() => openTab(world.context, world.url)));
    await Promise.all(pages.map(isOpen));
    await world.one();
    await world.hub.publish("a", 1);
    await Promise.all(pages.map((page) => hears(page, [1])));
    for (const { id } of world.hub.connections()) await world.hub.disconnect(id, { reconnect: true } as never);
    await world.one();
    await world.hub.publish("a", 2);
    await Promise.all(pages.map((page) => hears(page, [1, 2])));
    await Promise.all(pages.map(isOpen));
    for (const page of pages) expect((await heard(page)).statuses.slice(-3)).toEqual(["waiting", "connecting", "open"]);
  });

  test("without locks a tab has a connection of its own", { timeout: 40_000 }, async () => {
    const world = await start(browser);
    await world.context.addInitScript(() => Object.defineProperty(Navigator.prototype, "locks", { value: undefined }));
    const pages = await Promise.all(upTo(2).map(() => openTab(world.context, world.url)));
    await Promise.all(pages.map(isOpen));
    await world.one(2);
    await world.hub.publish("a", 1);
    await Promise.all(pages.map((page) => hears(page, [1])));
  });
});

test("so has Node; identity must be given, and the method be GET", async () => {
  const world = await start();
  const url = `${world.url}events`;
  const data: unknown[] = [];
  await using stream = connect(url, { topics: ["a"], share: "tabs", identity: "ada" });
  stream.on("event", (event) => data.push(event.data));
  await world.one();
  await vi.waitFor(() => expect(stream.status).toBe("open"));
  await world.hub.publish("a", 1);
  await vi.waitFor(() => expect(data).toEqual([1]));
  expect(() => connect(url, { share: "tabs" })).toThrow(expect.objectContaining({ field: "identity" }));
  expect(() => connect(url, { share: "tabs", identity: "ada", method: "POST" })).toThrow(
    expect.objectContaining({ field: "share" }),
  );
});
