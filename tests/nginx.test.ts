import { expect, onTestFinished, test, vi } from "vitest";
import { startChromium } from "../examples/harness.ts";
import { serve } from "../packages/hub/test/support/cli.ts";
import { listen } from "../packages/hub/test/support/stream.ts";
import { curl, curlStream } from "./support/curl.ts";
import { freePort } from "./support/daemon.ts";
import { openEventSource } from "./support/event-source.ts";
import { startNginx } from "./support/nginx.ts";
import { Publisher } from "./support/publisher.ts";
import { StrictReader } from "./support/reader.ts";

// It waits for processes, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 120_000 });

/** What stands in the `location` of each proxy, beside `proxy_pass`. */
const PROXIES: Record<string, string> = {
  "default settings (HTTP/1.0 upstream)": "",
  "HTTP/1.1 upstream": `proxy_http_version 1.1; proxy_set_header Connection "";`,
  "gzip of everything": `gzip on; gzip_proxied any; gzip_min_length 0; gzip_types *;`,
};

test.each(Object.keys(PROXIES))("nginx, %s: each event arrives before the next is published", async (name) => {
  const { port } = await serve(["--port", "0", "--memory"]);
  const url = await startPlainNginx(port, PROXIES[name] as string);
  const publisher = new Publisher(port);
  onTestFinished(() => publisher.close());
  // As a browser would, this asks for gzip too, and unpacks whatever has come so far.
  const reader = await listen(`${url}/events?topic=a`);
  onTestFinished(() => reader.close());
  expect(reader.response.headers.get("content-type")).toBe("text/event-stream");
  expect(reader.response.headers.get("content-encoding")).toBe("gzip");

  // Nothing has been published: what opens the stream is not held back for anything to follow.
  await reader.until(({ event }) => event === "tidings:live");
  for (let at = 0; at < 30; at++) {
    // From a few bytes to more than any buffer of nginx's, and by turns.
    const data = `event ${at} ${"x".repeat(10 ** (at % 6))}`;
    await publisher.post("/topics/a", data);
    expect((await reader.until((event) => event.data.startsWith(`event ${at} `))).data).toBe(data);
  }
});

test.each(Object.keys(PROXIES).slice(0, 2))("nginx, %s: a reader resumes, and the hub sees it go", async (name) => {
  const { port, url: hub } = await serve(["--port", "0", "--memory"]);
  const url = await startPlainNginx(port, PROXIES[name] as string);
  const publisher = new Publisher(port);
  onTestFinished(() => publisher.close());
  const expected: string[] = [];
  const publish = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at++) {
      expected.push(`event ${expected.length}`);
      await publisher.post("/topics/a", expected.at(-1) as string);
    }
  };
  await publish(300);
  const reader = new StrictReader({
    url: `${url}/events?topic=a&from=earliest`,
    reconnect: 0,
    // In the middle of the replay, in the middle of a block, after it, and then never again.
    cut: (connection) => [{ publications: 100 }, { bytes: 3_000 }, { event: "tidings:live" }][connection - 1] ?? {},
  });
  onTestFinished(() => reader.stop());
  await publish(100);
  await expect.poll(() => reader.received.length, { timeout: 15_000 }).toBe(expected.length);
  await expect.poll(() => reader.visits.at(-1)?.announced).toBe(true);
  expect(reader.visits.length).toBe(4);
  await publish(1);
  await expect.poll(() => reader.received.length).toBe(expected.length);
  expect(reader.faults).toEqual([]);
  expect(reader.received.map(({ data }) => data)).toEqual(expected);

  // The three that were cut are gone too.
  const connections = async () => JSON.parse(await curl(`${hub}/healthz`)).connections as number;
  await expect.poll(connections).toBe(1);
  reader.stop();
  await expect.poll(connections).toBe(0);
});

test("nginx, default settings: curl -N and EventSource in Chromium receive what curl -d publishes", async () => {
  const { port } = await serve(["--port", "0", "--memory"]);
  const url = await startPlainNginx(port, "");
  const browser = await startChromium();
  onTestFinished(() => browser.close());
  const listening = curlStream("-N", `${url}/events?topic=hello`);
  await listening.until("tidings:live");
  const source = await openEventSource(browser, url, "/events?topic=hello");
  await source.until("tidings:live");
  for (const data of ["one", "two", "three"]) {
    await curl("-d", data, `${url}/topics/hello`);
    await listening.until(`data: ${data}\n\n`);
    await expect.poll(async () => (await source.messages()).at(-1)).toBe(data);
  }
  expect(await source.messages()).toEqual(["one", "two", "three"]);
});

/** A real nginx in front of a hub, with nothing set but what is given. */
async function startPlainNginx(hub: number, settings: string): Promise<string> {
  const port = await freePort();
  const location = `location / { proxy_pass http://127.0.0.1:${hub}; ${settings} }`;
  await startNginx(port, `server { listen 127.0.0.1:${port}; ${location} }`);
  return `http://127.0.0.1:${port}`;
}
