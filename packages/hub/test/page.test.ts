import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { type RunningHub, startHub } from "tidings";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { launchBrowser, type Offences, openPage } from "./page/browser.ts";

let browser: Browser;
let running: RunningHub;
let cleanups: (() => Promise<unknown>)[];

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

beforeEach(async () => {
  cleanups = [];
  running = await startHub({ memory: true, port: 0, drain: 200, retry: 200 });
});
afterEach(async () => {
  for (const clean of cleanups.reverse()) await clean();
  await running.close();
});

test("a fresh hub shows how to begin, and its first event where everyone will look", async () => {
  const page = await open();
  await page.getByRole("heading", { name: "Ready for the first event" }).waitFor();
  const welcome = page.locator(".welcome");
  expect(await welcome.locator("code").allTextContents()).toEqual([
    `curl -N '${running.url}/events?topic=**'`,
    `curl -d '{"message":"Hello, world!"}' ${running.url}/topics/hello`,
  ]);
  await page.getByRole("button", { name: "Publish a first event" }).click();
  await page.locator(".event", { hasText: "Hello, world!" }).waitFor();
  await page.getByRole("link", { name: "hello, 1 event", exact: true }).waitFor();
  const { events } = await running.hub.history("hello");
  expect(events.map(({ data }) => data)).toEqual(['{"message":"Hello, world!"}']);
});

test("whatever is published shows up newest first, and never as markup", async () => {
  const page = await open();
  await live(page);
  await running.hub.publish("orders/42", { total: 9 }, { event: "placed" });
  await running.hub.publish("chat", "<img src=x onerror=document.body.remove()>\nsecond line");
  const rows = page.locator(".event");
  await rows.nth(1).waitFor();
  expect(await rows.nth(0).locator("pre").innerText()).toBe("<img src=x onerror=document.body.remove()>\nsecond line");
  expect(await rows.nth(1).innerText()).toMatch(/orders\/\s*42\s+placed\s+{ "total": 9 }/);
});

test("history has the time it was published at, live events the time they came", async () => {
  await running.hub.publish("jobs/1", "one");
  await running.hub.publish("jobs/1", "two");
  const { events } = await running.hub.history("jobs/1");
  const page = await open("#jobs/1");
  await page.waitForFunction(() => !document.querySelector(".tail")?.textContent?.includes("earlier"));
  const titles = await page
    .locator(".event-time")
    .evaluateAll((times) => times.map((time) => time.getAttribute("title")));
  const expected = await page.evaluate(
    (at) => at.map((time) => new Date(time).toLocaleString()),
    [events[1]?.time ?? 0, events[0]?.time ?? 0],
  );
  expect(titles).toEqual(expected);
});

test("the form publishes with Ctrl+Enter, and the hub's sentence says how to mend what it refuses", async () => {
  const page = await open();
  await page.getByLabel("Topic", { exact: true }).fill("orders/4 2");
  await page.getByLabel("Event name").fill("open");
  await page.getByLabel("Data", { exact: true }).fill('{"total":9}');
  await page.keyboard.press("Control+Enter");
  await page.locator("output[data-kind=failed]").waitFor();
  expect(await page.locator("output").innerText()).toMatch(/reserved|EventSource/);
  expect(await page.getByLabel("Event name").getAttribute("aria-invalid")).toBe("true");

  await page.getByLabel("Event name").fill("placed");
  await page.keyboard.press("Control+Enter");
  await page.locator("output[data-kind=published]").waitFor();
  const { events } = await running.hub.history("orders/4 2");
  expect(events).toMatchObject([{ event: "placed", data: '{"total":9}' }]);
  expect(await page.locator("output").innerText()).toContain(events[0]?.id);
});

test("a topic that a browser would turn into another is refused before it is sent", async () => {
  const page = await open();
  await page.getByLabel("Topic", { exact: true }).fill("a/../b");
  await page.keyboard.press("Control+Enter");
  await page.locator("output[data-kind=failed]").waitFor();
  expect(await running.hub.topics()).toEqual([]);
});

test("the hint says what data will be taken for", async () => {
  const page = await open();
  const hint = page.locator(".data-hint");
  for (const [data, text] of [
    ['{"a":1}', "JSON, 7 bytes"],
    ["grüße", "text, 7 bytes"],
    ['{"a":', "not valid JSON; goes out as text, 5 bytes"],
  ] as const) {
    await page.getByLabel("Data", { exact: true }).fill(data);
    await hint.getByText(text, { exact: true }).waitFor();
  }
});

test("cut off, the page comes back to exactly what it missed", async () => {
  const page = await open();
  await live(page);
  await running.hub.publish("n", "1");
  await page.locator(".event").waitFor();
  for (let n = 2; n <= 6; n++) {
    for (const { id } of running.hub.connections()) running.hub.disconnect(id);
    await running.hub.publish("n", String(n));
    await page.locator(".event pre").getByText(String(n), { exact: true }).waitFor();
  }
  expect(await data(page)).toEqual(["6", "5", "4", "3", "2", "1"]);
  await page.waitForFunction(() => !document.querySelector(".tail")?.textContent?.includes("earlier"));
});

test("a hub that was away and kept its log goes on without loss or repetition", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tidings-page-"));
  cleanups.push(() => rm(folder, { recursive: true }));
  const config = { data: join(folder, "tidings.db"), drain: 200, retry: 200 };
  await running.close();
  running = await startHub({ ...config, port: 0 });
  await running.hub.publish("n", "1");
  const page = await open();
  await page.locator(".event").waitFor();
  const { port } = running;
  await running.close();
  await page.locator(".phase[data-phase=waiting]").waitFor();
  running = await startHub({ ...config, port });
  await running.hub.publish("n", "2");
  await page.locator(".event").nth(1).waitFor();
  expect(await data(page)).toEqual(["2", "1"]);
});

test("a hub that came back with another log is a gap that is shown", async () => {
  const page = await open();
  await live(page);
  await running.hub.publish("n", "before");
  await page.locator(".event").waitFor();
  const { port } = running;
  await running.close();
  running = await startHub({ memory: true, port, drain: 200, retry: 200 });
  await running.hub.publish("n", "after");
  await page.locator(".event", { hasText: "after" }).waitFor();
  expect(await page.locator(".note[data-tone=gap]").innerText()).toMatch(/log has started anew/);
});

test("an ended topic is shown as ended, and asked for no more", async () => {
  await running.hub.publish("jobs/7", "done", { end: true });
  const page = await open("#jobs/7");
  await page.locator(".phase[data-phase=ended]").waitFor();
  expect(await data(page)).toEqual(["done"]);
  await page.locator(".topic[aria-current] .badge", { hasText: "ended" }).waitFor();
  expect(running.hub.connections()).toEqual([]);
});

test("a pattern that is none is refused with the hub's sentence", async () => {
  const page = await open("#a/**/b");
  await page.getByRole("alert").filter({ hasText: "may only be the last level" }).waitFor();
  expect(await page.locator(".phase").innerText()).toBe("Stopped");
});

test("a flood neither freezes the page nor grows it, and its end is shown", async () => {
  const page = await open();
  await live(page);
  const total = 20_000;
  for (let n = 0; n < total; n += 500) {
    await running.hub.publishBatch(
      Array.from({ length: 500 }, (_, k) => ({ topic: "flood", data: String(n + k + 1) })),
    );
  }
  await page.waitForFunction(() => document.querySelector(".notice")?.textContent?.includes("left out"));
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Resume" }).click();
  await running.hub.publish("flood", "last");
  await page.locator(".event", { hasText: "last" }).waitFor();
  expect(await page.locator(".event").count()).toBeLessThanOrEqual(500);
});

test("paused or scrolled down, what is read stays; what came waits for one click", async () => {
  const page = await open();
  await live(page);
  await running.hub.publishBatch(Array.from({ length: 100 }, (_, n) => ({ topic: "n", data: `old ${n}` })));
  await page.locator(".event").nth(99).waitFor();
  const list = page.getByRole("region", { name: "Events, newest first" });

  await list.evaluate((scroller) => scroller.scrollTo(0, 600));
  await page.getByText("Scrolled down: new events wait.").waitFor();
  await running.hub.publish("n", "new");
  await page.getByRole("button", { name: "1 event waiting" }).click();
  await page.locator(".event", { hasText: "new" }).waitFor();
  expect(await list.evaluate((scroller) => scroller.scrollTop)).toBe(0);

  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText("Paused. New events wait.").waitFor();
  await running.hub.publish("n", "newer");
  await page.getByRole("button", { name: "1 event waiting" }).waitFor();
  expect((await data(page))[0]).toBe("new");
  await page.getByRole("button", { name: "Resume" }).click();
  await page.locator(".event", { hasText: "newer" }).waitFor();
});

test("with the keyboard alone: search, choose a topic, go back", async () => {
  await running.hub.publish("orders/42", "x");
  await running.hub.publish("prices/ACME", "y");
  const page = await open();
  await page.getByRole("link", { name: "prices/ACME" }).waitFor();
  await page.locator("body").press("/");
  await page.keyboard.type("prices");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "prices/ACME" }).waitFor();
  expect(new URL(page.url()).hash).toBe("#prices/ACME");
  expect(await page.getByLabel("Topic", { exact: true }).inputValue()).toBe("prices/ACME");
  await page.goBack();
  await page.getByRole("heading", { name: "All topics" }).waitFor();
});

test("a pattern in the search is listened to on Enter", async () => {
  await running.hub.publish("orders/42", "x");
  await running.hub.publish("prices/ACME", "y");
  const page = await open();
  await page.getByRole("searchbox").fill("orders/*");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "orders/*" }).waitFor();
  await page.locator(".event").waitFor();
  expect(await data(page)).toEqual(["x"]);
});

test("360 pixels are enough: every part is reachable and nothing sticks out", async () => {
  await running.hub.publish("a/long/topic/with/many/levels/and/a-last-one-that-goes-on", "x".repeat(500));
  const page = await open("", { width: 360, height: 640 });
  await page.locator(".event").waitFor();
  for (const [name, part] of [
    ["Topics", ".topics"],
    ["Publish", ".publish"],
    ["Events", ".tail"],
  ] as const) {
    await page.getByRole("navigation", { name: "Parts of the page" }).getByRole("button", { name }).click();
    await page.locator(part).waitFor({ state: "visible" });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  }
});

test("nothing moves while the page loads", async () => {
  for (let n = 0; n < 5; n++) await running.hub.publish(`topic/${n}`, { n });
  const page = await open();
  await live(page);
  await page.locator(".topic").nth(5).waitFor();
  const shift = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) =>
          resolve(list.getEntries().reduce((sum, entry) => sum + (entry as unknown as { value: number }).value, 0)),
        ).observe({ type: "layout-shift", buffered: true });
        // Without any shift the observer is never called.
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(0)));
      }),
  );
  expect(shift).toBeLessThan(0.01);
});

/** Opens the hub's page; when the test is over it must have broken no rule. */
async function open(hash = "", viewport?: { width: number; height: number }): Promise<Page> {
  const { page, offences } = await openPage(browser, `${running.url}/${hash}`, viewport);
  cleanups.push(async () => {
    await page.context().close();
    expect(offences).toEqual({ errors: [], foreignRequests: [] } satisfies Offences);
  });
  return page;
}

function live(page: Page): Promise<void> {
  return page.locator(".phase[data-phase=live]").waitFor();
}

/** Data of all rows, from the top. */
function data(page: Page): Promise<string[]> {
  return page.locator(".event pre").allInnerTexts();
}
