import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { startChromium } from "../examples/harness.ts";
import { bundleClient } from "../packages/client/test/connect/support/browser.ts";
import { OPTIONS } from "../packages/hub/src/config/options.ts";
import { type Cli, serve, testDirectory } from "../packages/hub/test/support/cli.ts";
import { curl, curlStream } from "./support/curl.ts";
import { freePort } from "./support/daemon.ts";
import { PROXIES, type RunningProxy, startProxy, toMilliseconds } from "./support/proxies.ts";
import { Publisher } from "./support/publisher.ts";
import { ready } from "./support/ready.ts";

// It waits for processes, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 120_000 });

/** Proxies and hubs keep time this much faster where a test is about time. */
const SCALE = 60;
const HEARTBEAT = toMilliseconds(OPTIONS.heartbeat.default as string);
const FAST_HEARTBEAT = `${HEARTBEAT / SCALE}ms`;

let browser: Browser;
let client: string;

beforeAll(async () => {
  [browser, client] = await Promise.all([startChromium(), bundleClient()]);
});

afterAll(() => browser.close());

describe.each(PROXIES)("$name, configured as we ship it", (proxy) => {
  test("each event arrives before the next is published, over HTTP/2", async () => {
    const { port } = await serve(["--port", "0", "--memory"]);
    const { url, ca } = await startProxy(proxy, { hub: port });
    const publisher = new Publisher(port);
    onTestFinished(() => publisher.close());
    const reader = curlStream("--include", "--http2", "--cacert", ca, `${url}/events?topic=a`);
    await reader.until("event: tidings:live\ndata: {}\n\n");
    expect(reader.printed()).toMatch(/^HTTP\/2 200/);
    for (let at = 0; at < 24; at++) {
      // From a few bytes to more than any buffer of theirs, and by turns.
      const data = `event ${at} ${"x".repeat(10 ** (at % 6))}`;
      expect((await publisher.post("/topics/a", data)).status).toBe(201);
      await reader.until(`data: ${data}\n\n`);
    }
  });

  test("a quiet stream lasts, since a heartbeat comes well before the proxy's patience ends", async () => {
    const patience = [...proxy.shipped.matchAll(proxy.patience)].map(([time]) => toMilliseconds(time as string));
    for (const time of patience) expect(time).toBeGreaterThanOrEqual(3 * HEARTBEAT);
    // Caddy has none, and is to be given none. The others have theirs here too, sixty times shorter.
    const longest = Math.max(HEARTBEAT, ...patience);

    const { port } = await serve(["--port", "0", "--memory", "--heartbeat", FAST_HEARTBEAT]);
    const { url, ca } = await startProxy(proxy, { hub: port }, { scale: SCALE });
    const reader = curlStream("--cacert", ca, `${url}/events?topic=a`);
    await reader.until("tidings:live");
    const start = performance.now();
    const heartbeats = () => reader.printed().split(/\n\n(?=id: \S+\n\n)/).length - 1;
    await expect.poll(heartbeats).toBeGreaterThanOrEqual((3 * longest) / HEARTBEAT);
    expect(performance.now() - start).toBeGreaterThan((2 * longest) / SCALE);
    await curl("--cacert", ca, "-d", "still here", `${url}/topics/a`);
    await reader.until("data: still here\n\n");

    // That this shows something: without heartbeats it is cut.
    if (patience.length === 0) return;
    const { port: quiet } = await serve(["--port", "0", "--memory", "--heartbeat", "1h"]);
    const impatient = await startProxy(proxy, { hub: quiet }, { scale: SCALE });
    const cut = curlStream("--cacert", impatient.ca, `${impatient.url}/events?topic=a`);
    await cut.until("tidings:live");
    await expect(cut.until("there is no such text")).rejects.toThrow("curl ended");
  });

  test("Chromium: twelve streams of one page are open at once", async () => {
    const { port } = await serve(["--port", "0", "--memory"]);
    const running = await startProxy(proxy, { hub: port });
    const page = await openPage(`${running.url}/healthz`);
    await listenFrom(page, running, { sources: 12, topic: "a" });
    await expect.poll(async () => (await look(page)).map(({ live }) => live)).toEqual(Array(12).fill(1));
    await curl("--cacert", running.ca, "-d", "for all", `${running.url}/topics/a`);
    await expect.poll(async () => (await look(page)).map(({ data }) => data)).toEqual(Array(12).fill(["for all"]));
  });

  test("the hub restarts, and is killed: every reader comes back and has every event, once", async () => {
    const data = join(testDirectory(), "tidings.db");
    const port = await freePort();
    const start = () => serve(["--port", `${port}`, "--data", data, "--drain", "500ms", "--retry", "200ms"]);
    let hub: Cli & { url: string } = await start();
    await ready(hub.url);
    const proxied = await startProxy(proxy, { hub: port });
    await expect.poll(() => statusOf(proxied, "/readyz")).toBe("200");

    // Two EventSources and our client of the same origin, and an EventSource of another.
    const pages = [await openPage(`${proxied.url}/healthz`), await openPage(`${hub.url}/healthz`)] as const;
    await listenFrom(pages[0], proxied, { sources: 2, client, topic: "a" });
    await listenFrom(pages[1], proxied, { sources: 1, topic: "a" });
    const readers = async () => (await Promise.all(pages.map(look))).flat();
    await expect.poll(async () => (await readers()).map(({ live }) => live)).toEqual([1, 1, 1, 1]);

    const published: string[] = [];
    const publish = async (): Promise<void> => {
      const text = `event ${published.length}`;
      // As a publisher does that wants to be sure; what is not 2xx has not been stored, or is known by its key.
      const headers = { "idempotency-key": text };
      await expect.poll(() => post(proxied, "/topics/a", text, headers)).toBeLessThan(300);
      published.push(text);
    };
    const publishMore = async (): Promise<void> => {
      for (let at = 0; at < 20; at++) await publish();
      await expect.poll(async () => (await readers()).map(({ data }) => data)).toEqual(Array(4).fill(published));
    };
    await publishMore();

    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      const before = (await readers()).map(({ opened }) => opened);
      hub.process.kill(signal);
      expect(await hub.exit).toBe(signal === "SIGTERM" ? 0 : signal);

      // While it is away a publisher is told so; each EventSource has come, and was told to come again.
      expect(await post(proxied, "/topics/a", "lost", {})).toBeGreaterThanOrEqual(502);
      expect(await statusOf(proxied, "/events?topic=a", "application/problem+json, text/event-stream")).toBe("503");
      const away = await curl(
        "--include",
        "--cacert",
        proxied.ca,
        "-H",
        "accept: text/event-stream",
        `${proxied.url}/events?topic=a`,
      );
      expect(away).toMatch(/^HTTP\/2 200 *\r\n/);
      expect(away).toMatch(/\r\ncontent-type: text\/event-stream\r\n/);
      expect(away).toMatch(/\r\n\r\nretry: [1-4]\d\d\d\n\n$/);
      await expect
        .poll(async () =>
          (await readers()).map(({ opened, kind }, at) => kind === "client" || opened > (before[at] ?? 0)),
        )
        .toEqual([true, true, true, true]);
      expect((await readers()).map(({ closed }) => closed)).toEqual([false, false, false, false]);

      hub = await start();
      await publishMore();
    }
    expect((await readers()).map(({ gaps }) => gaps)).toEqual([0, 0, 0, 0]);
  });
});

describe.each(PROXIES.filter(({ checksHealth }) => checksHealth))("$name, configured as we ship it", (proxy) => {
  test("a second hub on the same file waits, not ready, until the first is gone, and takes over", async () => {
    const data = join(testDirectory(), "tidings.db");
    const first = await serve(["--port", "0", "--data", data, "--drain", "500ms"]);
    await ready(first.url);
    const second = await serve(["--port", "0", "--data", data, "--retry", "200ms"]);
    const proxied = await startProxy(proxy, { hub: first.port, standby: second.port });
    expect((await fetch(`${second.url}/readyz`)).status).toBe(503);
    await expect.poll(() => statusOf(proxied, "/readyz")).toBe("200");
    const page = await openPage(`${proxied.url}/healthz`);
    await listenFrom(page, proxied, { sources: 2, client, topic: "a" });
    await expect.poll(async () => (await look(page)).map(({ live }) => live)).toEqual([1, 1, 1]);
    for (const text of ["one", "two"]) expect(await post(proxied, "/topics/a", text, {})).toBe(201);

    first.process.kill("SIGTERM");
    expect(await first.exit).toBe(0);
    await expect.poll(() => post(proxied, "/topics/a", "three", { "idempotency-key": "3" })).toBeLessThan(300);
    await expect
      .poll(async () => (await look(page)).map(({ data }) => data))
      .toEqual(Array(3).fill(["one", "two", "three"]));
    expect(JSON.parse(await curl(`${second.url}/healthz`)).publications).toBeGreaterThan(0);
  });
});

/** What a reader in a page has noted. */
interface Noted {
  readonly kind: "EventSource" | "client";
  readonly data: string[];
  opened: number;
  live: number;
  gaps: number;
  closed: boolean;
}

async function openPage(address: string): Promise<Page> {
  // Chromium trusts no certificate of ours.
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(address);
  return page;
}

/** Opens readers in a page: the browser's own, and ours if the page is given it. */
async function listenFrom(
  page: Page,
  { url }: RunningProxy,
  { sources, client, topic }: { sources: number; client?: string; topic: string },
): Promise<void> {
  if (client !== undefined) await page.addScriptTag({ content: `${client};globalThis.tidings = tidings;` });
  await page.evaluate(
    ({ address, sources, hasClient }) => {
      const noted: Noted[] = [];
      const note = (kind: Noted["kind"]): Noted => {
        const entry: Noted = { kind, data: [], opened: 0, live: 0, gaps: 0, closed: false };
        noted.push(entry);
        return entry;
      };
      for (let at = 0; at < sources; at++) {
        const source = new EventSource(address);
        const entry = note("EventSource");
        source.addEventListener("open", () => entry.opened++);
        source.addEventListener("tidings:live", () => entry.live++);
        source.addEventListener("tidings:gap", () => entry.gaps++);
        source.addEventListener("message", ({ data }) => entry.data.push(data));
        source.addEventListener("error", () => {
          entry.closed = source.readyState === EventSource.CLOSED;
        });
      }
      if (hasClient) {
        // biome-ignore lint/suspicious/noExplicitAny: it is the bundle that the page was given.
        const stream = (globalThis as any).tidings.connect(address, { raw: true });
        const entry = note("client");
        stream.on("open", () => entry.opened++);
        stream.on("live", () => entry.live++);
        stream.on("gap", () => entry.gaps++);
        stream.on("event", ({ data }: { data: string }) => entry.data.push(data));
        void stream.closed.finally(() => {
          entry.closed = true;
        });
      }
      Object.assign(window, { noted });
    },
    { address: `${url}/events?topic=${topic}`, sources, hasClient: client !== undefined },
  );
}

function look(page: Page): Promise<Noted[]> {
  return page.evaluate("noted") as Promise<Noted[]>;
}

async function statusOf({ url, ca }: RunningProxy, path: string, accept = "*/*"): Promise<string> {
  const format = ["--output", "/dev/null", "--write-out", "%{http_code}", "--max-time", "5"];
  return curl(...format, "--cacert", ca, "-H", `accept: ${accept}`, `${url}${path}`).catch((error) => String(error));
}

/** Publishes through a proxy; gives the status, or 599 if there was no answer. */
function post(
  { url, ca }: RunningProxy,
  path: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  return new Promise((resolve) => {
    const outgoing = request(
      `${url}${path}`,
      { method: "POST", headers, agent: false, ca: readFileSync(ca) },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode as number));
        response.on("error", () => resolve(599));
      },
    );
    outgoing.on("error", () => resolve(599));
    outgoing.end(body);
  });
}
