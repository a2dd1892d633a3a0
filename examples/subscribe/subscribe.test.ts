import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type RunningExample, startChromium, startExample } from "../harness.ts";

/** Milliseconds between two dates here, so that the test need not wait for five seconds each. */
const INTERVAL = 200;

let browser: Browser;

beforeAll(async () => {
  browser = await startChromium();
});

afterAll(() => browser.close());

test("the page shows open, the greeting and each date, with rising ids", async () => {
  const { page } = await visit(await startServer());
  await dates(page).nth(3).waitFor();

  expect(await page.locator("#state").textContent()).toBe("open");
  expect(
    await page.locator("#log li").evaluateAll((lines) => lines.slice(0, 2).map((line) => line.textContent)),
  ).toEqual(["openConnected.", "connectedYou are now subscribed!"]);
  for (const text of await dates(page).locator(".text").allTextContents()) expect(text).toMatch(/^\d?\d:\d\d:\d\d/);
  expectEachOnce(await offsets(page));
});

test("after kill -9 and a restart on the same port the list goes on, without loss or repetition", {
  timeout: 60_000,
}, async () => {
  const server = await startServer();
  const { page } = await visit(server);
  for (let kill = 1; kill <= 3; kill++) {
    await dates(page)
      .nth(kill * 4)
      .waitFor();
    await server.running.stop("SIGKILL");
    await page.locator("#state[data-state=connecting]").waitFor();
    expect(await page.locator("#log li:last-child").getAttribute("data-kind")).toBe("error");

    // Long enough for dates to fall due that nobody published.
    const due = await dates(page).count();
    await waitUntil(Date.now() + 3 * INTERVAL);
    expect(await dates(page).count()).toBe(due);
    await server.restart();
    await page.locator("#state[data-state=open]").waitFor();
    await dates(page)
      .nth(due + 4)
      .waitFor();
  }

  expectEachOnce(await offsets(page));
  expect(await page.locator("#log li[data-kind=gap]").count()).toBe(0);
  expect(await page.locator("#log li[data-kind=connected]").count()).toBe(4);
});

test("dates that fell due while the server was down are published when it is back, each once", async () => {
  const server = await startServer();
  const before = await readDates(server.running.url, 2);
  await server.running.stop("SIGTERM");
  await waitUntil(Date.now() + 5 * INTERVAL);
  await server.restart();
  const after = await readDates(server.running.url, 12, before.at(-1)?.id);
  expectEachOnce([...before, ...after].map(({ id }) => offsetOf(id)));
  // Five dates share a second, no more and no fewer, also over the time it was down. The first and last are cut.
  const seconds = [...before, ...after].map(({ data }) => data);
  const whole = [...new Set(seconds)].slice(1, -1);
  expect(whole).not.toEqual([]);
  expect(whole.map((second) => seconds.filter((other) => other === second).length)).toEqual(
    whole.map(() => 1000 / INTERVAL),
  );
});

interface Server {
  running: RunningExample;
  /** Starts it again, with the same port and file. */
  restart(): Promise<void>;
}

async function startServer(): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), "tidings-subscribe-"));
  const environment = { DATA: join(folder, "subscribe.db"), INTERVAL: String(INTERVAL) };
  const server: Server = {
    running: await startExample("subscribe", environment),
    async restart() {
      server.running = await startExample("subscribe", { ...environment, PORT: server.running.port });
    },
  };
  onTestFinished(async () => {
    await server.running.stop("SIGKILL");
    await rm(folder, { recursive: true });
  });
  return server;
}

async function visit({ running }: Server): Promise<{ page: Page }> {
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  await page.goto(running.url);
  return { page };
}

function dates(page: Page) {
  return page.locator("#log li[data-kind=date]");
}

async function offsets(page: Page): Promise<number[]> {
  return (await dates(page).locator(".id").allTextContents()).map(offsetOf);
}

/** The log holds dates alone, so that a lost one would leave a hole and a repeated one a step back. */
function expectEachOnce(found: readonly number[]): void {
  expect(found).toEqual(found.map((_, at) => (found[0] as number) + at));
}

function offsetOf(id: string): number {
  return Number(/-(\d+)$/.exec(id)?.[1]);
}

/** Waits for the clock itself: what is tested is what falls due meanwhile. */
function waitUntil(time: number): Promise<void> {
  return expect.poll(() => Date.now(), { timeout: 10_000 }).toBeGreaterThan(time) as unknown as Promise<void>;
}

/** Reads the stream until it has brought so many dates. */
async function readDates(
  url: string,
  enough: number,
  after?: string,
): Promise<readonly { id: string; data: string }[]> {
  const response = await fetch(`${url}/subscribe`, { headers: after === undefined ? {} : { "last-event-id": after } });
  let text = "";
  for await (const bytes of response.body as AsyncIterable<Uint8Array>) {
    text += Buffer.from(bytes).toString("utf8");
    const found = [...text.matchAll(/^id: (.+)\nevent: current-date\ntopic: dates\ndata: (.+)\n\n/gm)];
    if (found.length >= enough) return found.map(([, id = "", data = ""]) => ({ id, data }));
  }
  throw new Error(`The stream ended early:\n${text}`);
}
