import { execFileSync } from "node:child_process";
import { get, type IncomingMessage } from "node:http";
import { connect } from "@tidings/client";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { serve } from "../packages/hub/test/support/cli.ts";
import { BROWSERS, startBrowser } from "./support/browsers.ts";
import { curlStream } from "./support/curl.ts";
import { freePort } from "./support/daemon.ts";
import { openEventSource } from "./support/event-source.ts";
import { startNginx } from "./support/nginx.ts";
import { Publisher } from "./support/publisher.ts";

// It waits for processes, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 120_000 });

const BATCH = Array.from({ length: 40 }, (_, at) => ({
  topic: "a",
  data: `event ${at} — ü 漢 🎈 ${"x".repeat(at * 20)}`,
}));
const EXPECTED = ["alone", ...BATCH.map(({ data }) => data), "last"];

/** A hub with a publisher: what is alone in its flush, a batch that is compressed, and what is alone again. */
async function start(): Promise<{ url: string; port: number; publishAll: () => Promise<void> }> {
  const { url, port } = await serve(["--port", "0", "--memory"]);
  const publisher = new Publisher(port);
  onTestFinished(() => publisher.close());
  const publishAll = async (): Promise<void> => {
    await publisher.post("/topics/a", "alone");
    await publisher.post("/events", JSON.stringify(BATCH), { "content-type": "application/json" });
    await publisher.post("/topics/a", "last");
  };
  return { url, port, publishAll };
}

/** A reader that keeps the bytes as they come over the wire. */
async function openRaw(url: string): Promise<{ response: IncomingMessage; received: () => Buffer }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { headers: { "accept-encoding": "gzip" } }, resolve).on("error", reject);
  });
  const chunks: Buffer[] = [];
  response.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", () => {});
  onTestFinished(() => void response.destroy());
  return { response, received: () => Buffer.concat(chunks) };
}

describe.each(BROWSERS)("%s", (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser(name);
  });
  afterAll(() => browser.close());

  test.each(["direct", "through nginx"])("EventSource, %s: everything once and in order, and no cut", async (way) => {
    const { url, port, publishAll } = await start();
    const origin = way === "direct" ? url : await startProxy(port);
    const raw = await openRaw(`${origin}/events?topic=a`);
    const source = await openEventSource(browser, origin, "/events?topic=a");
    const encodings = await source.page.evaluate(async () =>
      (await fetch("/events?topic=a")).headers.get("content-encoding"),
    );
    expect(encodings).toBe("gzip");
    await source.until("tidings:live");
    await publishAll();
    await source.until("message", EXPECTED.length);
    expect(await source.messages()).toEqual(EXPECTED);
    // It was compressed indeed.
    await expect.poll(() => raw.received().length).toBeGreaterThan(500);
    expect(raw.received().length).toBeLessThan(3_000);
    expect((await source.noted()).filter(({ type }) => type === "error")).toEqual([]);
  });
});

test("curl --compressed: everything, and no complaint at the end", async () => {
  const { url, port, publishAll } = await start();
  const publisher = new Publisher(port);
  onTestFinished(() => publisher.close());
  const listening = curlStream("--compressed", "--dump-header", "-", `${url}/events?topic=a`);
  const second = curlStream("--compressed", `${url}/events?topic=a`);
  await Promise.all([listening, second].map((each) => each.until("event: tidings:live")));
  await publishAll();
  await listening.until("data: last\n\n");
  expect(listening.printed().toLowerCase()).toContain("content-encoding: gzip");
  expect([...listening.printed().matchAll(/^data: ((?:alone|event \d+|last).*)$/gm)].map(([, data]) => data)).toEqual(
    EXPECTED,
  );

  // A stream whose topic has ended closes, and curl exits with 0: nothing is wrong with what it got.
  await publisher.post("/topics/a?end=true", "the end");
  await second.until("data: the end");
  const all = execFileSync("curl", ["-sS", "--compressed", `${url}/events?topic=a&from=earliest`], {
    encoding: "utf8",
  });
  expect([...all.matchAll(/^data: ((?:alone|event \d+|last|the end).*)$/gm)].map(([, data]) => data)).toEqual([
    ...EXPECTED,
    "the end",
  ]);
});

test("connect in Node, and gunzip of what came over the wire", async () => {
  const { url, publishAll } = await start();
  const raw = await openRaw(`${url}/events?topic=a`);
  expect(raw.response.headers["content-encoding"]).toBe("gzip");
  const stream = connect(`${url}/events`, { topics: ["a"], raw: true });
  onTestFinished(() => stream.close());
  const received: unknown[] = [];
  const done = (async () => {
    for await (const { data } of stream) if (received.push(data) === EXPECTED.length) break;
  })();
  await expect.poll(() => stream.status).toBe("open");
  await expect.poll(async () => JSON.parse(await (await fetch(`${url}/healthz`)).text()).connections).toBe(2);
  await publishAll();
  await done;
  expect(received).toEqual(EXPECTED);

  const unpack = (): string =>
    execFileSync("sh", ["-c", "gunzip 2>/dev/null || true"], { input: raw.received(), encoding: "utf8" });
  await expect.poll(unpack).toContain("data: last\n\n");
  expect([...unpack().matchAll(/^data: ((?:alone|event \d+|last).*)$/gm)].map(([, data]) => data)).toEqual(EXPECTED);
});

async function startProxy(port: number): Promise<string> {
  const proxy = await freePort();
  const location = `location / { proxy_pass http://127.0.0.1:${port}; proxy_set_header Host $http_host; gzip on; gzip_proxied any; gzip_types *; }`;
  await startNginx(proxy, `server { listen 127.0.0.1:${proxy}; ${location} }`);
  return `http://127.0.0.1:${proxy}`;
}
