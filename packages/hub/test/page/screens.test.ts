import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { listen } from "../support/stream.ts";
import { usePages } from "./support/page.ts";

const suite = usePages();

test("a fresh hub shows how to begin, and its first event where everyone will look", async () => {
  const page = await suite.open();
  await page.getByRole("heading", { name: "Ready for the first event" }).waitFor();
  expect(await page.locator(".first-steps code").allTextContents()).toEqual([
    `curl -N '${suite.running.url}/events?topic=hello'`,
    `curl -d '{"message":"Hello, world!"}' ${suite.running.url}/topics/hello`,
  ]);
  await page.getByRole("button", { name: "Publish a first event" }).click();
  await page.locator(".event", { hasText: "Hello, world!" }).waitFor();
  expect(await page.title()).toBe("hello · Tidings");
  const { events } = await suite.running.hub.history("hello");
  expect(events.map(({ data }) => data)).toEqual(['{"message":"Hello, world!"}']);
});

test("the overview tells what the hub does, and its charts move", async () => {
  const { hub, url } = suite.running;
  const readers = await Promise.all([1, 2].map(() => listen(`${url}/events?topic=a`)));
  await hub.publish("a", "x");
  const page = await suite.open();
  const figure = (name: string) => page.getByRole("region", { name, exact: true }).locator(".figure-value");
  await expect.poll(() => figure("Connections").innerText()).toBe("2");
  await page.locator(".screen-facts", { hasText: "1 published" }).waitFor();
  expect(await figure("Memory").innerText()).toMatch(/^\d+(\.\d)? MiB$/);
  expect(await page.locator(".chart canvas").count()).toBe(8);
  const pixels = () =>
    page
      .locator(".chart canvas")
      .first()
      .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
  const before = await pixels();
  await expect.poll(pixels).not.toBe(before);
  const busy = setInterval(() => void hub.publish("a", "x"), 20);
  suite.cleanups.push(async () => clearInterval(busy));
  await expect.poll(async () => Number.parseFloat(await figure("Publications").innerText())).toBeGreaterThan(0);
  await expect.poll(async () => Number.parseFloat(await figure("Deliveries").innerText())).toBeGreaterThan(0);
  for (const reader of readers) reader.close();
  await expect.poll(() => figure("Connections").innerText()).toBe("0");
});

test("charts begin with what the hub remembers", async () => {
  const { hub, url } = suite.running;
  const kept = async (): Promise<{ publications: number }[]> => (await fetch(`${url}/stats?last=300`)).json();
  await expect.poll(async () => (await kept()).length, { timeout: 5000 }).toBeGreaterThan(0);
  await hub.publish("a", "x");
  await expect.poll(async () => (await kept()).at(-1)?.publications, { timeout: 5000 }).toBe(1);

  const page = await suite.open();
  const figure = page.getByRole("region", { name: "Publications", exact: true });
  // Nothing is published any more: only a second before the page was there can have had one.
  const wasBusy = async () => {
    const box = await figure.locator(".chart canvas").boundingBox();
    for (let x = 0; box !== null && x < box.width; x += 3) {
      await page.mouse.move(box.x + box.width - x, box.y + box.height / 2);
      if (Number.parseFloat(await figure.locator(".figure-value").innerText()) > 0) return true;
    }
    return false;
  };
  await expect.poll(wasBusy, { timeout: 8000 }).toBe(true);
});

test("topics: newest value and rate as they come, readers, search, order", async () => {
  const { hub, url } = suite.running;
  await hub.publish("orders/42", { total: 1 });
  await hub.publish("prices/ACME", "101.2");
  await hub.publish("prices/ACME", "101.3");
  await hub.publish("jobs/1", "done", { end: true });
  const reader = await listen(`${url}/events?topic=prices/**`);
  suite.cleanups.push(async () => reader.close());
  const page = await suite.open("#/topics");
  const row = (name: string) => rowOf(page, name);
  await row("prices/ACME").locator(".cell-value", { hasText: "101.3" }).waitFor();
  await expect.poll(() => row("prices/ACME").locator("[data-label=Held]").innerText()).toBe("2");
  // One that listens, and this page itself.
  await expect.poll(() => row("prices/ACME").locator("[data-label=Readers]").innerText()).toBe("2");
  await row("jobs/1").locator(".badge", { hasText: "ended" }).waitFor();
  await hub.publish("orders/42", { total: 2 });
  await row("orders/42").locator(".cell-value", { hasText: '{"total":2}' }).waitFor();
  await expect.poll(() => row("orders/42").locator("[data-label=Rate]").innerText()).toMatch(/\/s$/);

  await page.getByRole("button", { name: "Held" }).click();
  expect(await page.locator(".topic-row a").first().innerText()).toMatch(/prices\/\s*ACME/);
  await page.getByRole("searchbox").fill("orders");
  await row("prices/ACME").waitFor({ state: "detached" });
  await page.getByRole("searchbox").fill("nothing/like/it");
  await page.getByRole("heading", { name: "No topic like “nothing/like/it”" }).waitFor();
  await page.getByRole("searchbox").fill("prices/*");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "prices/*" }).waitFor();
  await page.locator(".event").nth(1).waitFor();
});

test("ten thousand topics: few are in the document, all can be found", async () => {
  const { hub } = suite.running;
  for (let n = 0; n < 10_000; n += 2_000) {
    await hub.publishBatch(Array.from({ length: 2_000 }, (_, k) => ({ topic: `t/${n + k}`, data: "x" })));
  }
  const page = await suite.open("#/topics");
  await page.locator(".topic-row").first().waitFor();
  expect(await page.locator(".topic-row").count()).toBeLessThan(60);
  await page.getByText("There are more. Search to see others.").waitFor();
  await page.getByRole("searchbox").fill("t/9999");
  await rowOf(page, "t/9999").waitFor();
});

test("connections are listed, found and kicked", async () => {
  const { hub, url } = suite.running;
  const readers = await Promise.all(
    ["orders/42", "orders/**", "prices/*"].map((topic) => listen(`${url}/events?topic=${topic}`)),
  );
  for (const reader of readers) suite.cleanups.push(async () => reader.close());
  const page = await suite.open("#/connections");
  const rows = page.locator(".connection-row");
  await expect.poll(() => rows.count()).toBe(3);
  expect(await rows.first().innerText()).toMatch(/live[\s\S]*\d+ s[\s\S]*0[\s\S]*0 B/);
  expect(await rows.first().innerText()).toContain("http/1.1");
  await page.getByRole("searchbox").fill("orders/42");
  await expect.poll(() => rows.count()).toBe(2);
  expect(new URL(page.url()).hash).toBe("#/connections?search=orders%2F42");
  await rows.first().getByRole("button").click();
  const dialog = page.getByRole("dialog");
  expect(await dialog.locator(".facts").innerText()).toContain("orders/42");
  await dialog.getByLabel("Close it, and ask it to stay away").check();
  await dialog.getByRole("button", { name: "Kick" }).click();
  await readers[0]?.ended;
  expect(JSON.parse(readers[0]?.events.at(-1)?.data ?? "")).toEqual({ reason: "kicked", reconnect: false });
  await expect.poll(() => rows.count()).toBe(1);
  expect(hub.connections()).toHaveLength(2);
  await page.getByRole("searchbox").fill("nobody");
  await page.getByRole("heading", { name: "No connection with “nobody”" }).waitFor();
});

test("the inspector shows a stream byte for byte, and what each line means", async () => {
  const { hub } = suite.running;
  await hub.publish("a/b", "one\ntwo\u0007\u200b", { event: "placed" });
  const page = await suite.open("#/inspector?topic=a%2Fb");
  await page.getByLabel("heartbeat=event").check();
  await page.getByRole("button", { name: "Connect" }).click();
  const line = (text: string) => page.locator(".raw-line", { hasText: text });
  await line("the hub’s greeting").waitFor();
  await line("event: placed").waitFor();
  const data = await page.locator(".raw-line[data-kind=data] code").allInnerTexts();
  expect(data.slice(1, 3).map((text) => text.replaceAll(/\s+/g, " "))).toEqual(["data: oneLF", "data: twoBELU+200BLF"]);
  await line("history is through").waitFor();
  await page.getByText("GET /events?topic=a/b&last=3&heartbeat=event").click();
  await page.locator(".raw-head", { hasText: "text/event-stream" }).waitFor();
  await hub.publish("a/b", "live");
  await line("data: live").waitFor();
  await page.getByRole("button", { name: "Disconnect" }).click();
  await page.locator(".raw .phase", { hasText: "Closed" }).waitFor();
  await expect.poll(() => hub.connections().length).toBe(0);

  await page.getByLabel("Topic or pattern").fill("a/**/b");
  await page.getByRole("button", { name: "Connect" }).click();
  await page.locator(".raw .phase", { hasText: "Refused" }).waitFor();
  await page.locator(".raw-line", { hasText: "invalid_pattern" }).waitFor();
});

test("with the keyboard alone: go, search, choose, pause, publish, come back", async () => {
  const { hub } = suite.running;
  await hub.publish("orders/42", "x");
  await hub.publish("prices/ACME", "y");
  const page = await suite.open();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await page.getByRole("heading", { name: "Topics" }).waitFor();
  expect(await page.title()).toBe("Topics · Tidings");
  await page.keyboard.press("/");
  await page.keyboard.type("prices");
  await rowOf(page, "orders/42").waitFor({ state: "detached" });
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "prices/ACME" }).waitFor();
  expect(new URL(page.url()).hash).toBe("#/topics/prices%2FACME");
  await page.locator(".event").waitFor();
  await page.keyboard.press("p");
  await page.getByText("Paused. New events wait.").waitFor();
  await page.keyboard.press("e");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("by hand");
  await page.keyboard.press("Control+Enter");
  await page.locator("output[data-kind=published]").waitFor();
  expect((await hub.history("prices/ACME")).events.at(-1)?.data).toBe("by hand");
  await page.goBack();
  await page.getByRole("heading", { name: "Topics" }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
});

test("two keys are one way to go, also when figures come in between", async () => {
  const page = await suite.open();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  const topics = page.getByRole("heading", { name: "Topics", exact: true });
  // Figures come every second, and the second key has a second and a half: a machine may be too busy for that, though not always.
  for (let tries = 0; tries < 5 && (await topics.count()) === 0; tries++) {
    await page.keyboard.press("g");
    await page.waitForTimeout(1_100);
    await page.keyboard.press("t");
  }
  await topics.waitFor();
});

test("an address that leads nowhere says so, and the way back", async () => {
  const page = await suite.open("#/nowhere");
  await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
  await page.getByRole("link", { name: "Go to the overview" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
});

test("light and dark follow the system until one is chosen, and the choice stays", async () => {
  const page = await suite.open("", { colorScheme: "dark" });
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await paper();
  await page.emulateMedia({ colorScheme: "light" });
  const light = await paper();
  expect(light).not.toBe(dark);
  await page.getByRole("button", { name: "Dark", exact: true }).click();
  expect(await paper()).toBe(dark);
  await page.reload();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  expect(await paper()).toBe(dark);
  await page.getByRole("button", { name: "As the system" }).click();
  expect(await paper()).toBe(light);
});

test("320 pixels are enough: everything is reachable and nothing sticks out", async () => {
  await suite.running.hub.publish("a/long/topic/with/many/levels/and/a-last-one-that-goes-on", "x".repeat(500));
  const page = await suite.open("", { viewport: { width: 320, height: 640 } });
  const nav = page.getByRole("navigation", { name: "Parts of the page" });
  for (const name of ["Topics", "Connections", "Inspector", "Try it", "Overview"]) {
    await nav.getByRole("link", { name }).click();
    await page.getByRole("heading", { level: 1, name }).waitFor();
    await expectNoOverflow(page);
  }
  await page.goto(
    `${suite.running.url}/#/topics/a%2Flong%2Ftopic%2Fwith%2Fmany%2Flevels%2Fand%2Fa-last-one-that-goes-on`,
  );
  await page.locator(".event").waitFor();
  await expectNoOverflow(page);
  await page.getByRole("button", { name: "Publish" }).click();
  await page.getByLabel("Data", { exact: true }).waitFor();
  await expectNoOverflow(page);
});

test("nothing moves while the page loads", async () => {
  for (let n = 0; n < 5; n++) await suite.running.hub.publish(`topic/${n}`, { n });
  const page = await suite.open("#/topics");
  await page.locator(".topic-row").nth(4).waitFor();
  expect(await layoutShift(page)).toBeLessThan(0.01);
  await page.goto(`${suite.running.url}/?again#/`);
  await page.locator(".screen-facts", { hasText: "5 published" }).waitFor();
  expect(await layoutShift(page)).toBeLessThan(0.01);
});

function rowOf(page: Page, topic: string): Locator {
  return page.locator(".topic-row").filter({ has: page.locator(`a[href="#/topics/${encodeURIComponent(topic)}"]`) });
}

async function expectNoOverflow(page: Page): Promise<void> {
  const { width, sticking } = await page.evaluate(() => ({
    width: document.documentElement.scrollWidth,
    sticking: [...document.querySelectorAll("main *")]
      .filter(
        (element) =>
          element.getBoundingClientRect().right > innerWidth + 1 && element.closest("code, pre, .topic-name") === null,
      )
      .map((element) => element.outerHTML.slice(0, 120)),
  }));
  expect(sticking).toEqual([]);
  expect(width).toBeLessThanOrEqual(320);
}

/** The layout shift since the page was opened (web.dev, "Cumulative Layout Shift"). */
function layoutShift(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) =>
          resolve(list.getEntries().reduce((sum, entry) => sum + (entry as unknown as { value: number }).value, 0)),
        ).observe({ type: "layout-shift", buffered: true });
        // Without any shift the observer is never called.
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(0)));
      }),
  );
}
