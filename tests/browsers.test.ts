import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { serve, testDirectory } from "../packages/hub/test/support/cli.ts";
import { BROWSERS, startBrowser } from "./support/browsers.ts";
import { curl, curlStream } from "./support/curl.ts";
import { openEventSource } from "./support/event-source.ts";
import { startRecordingProxy } from "./support/proxy.ts";
import { Publisher } from "./support/publisher.ts";
import { toOffset } from "./support/reader.ts";
import { ready } from "./support/ready.ts";

// It waits for processes, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 120_000 });

const CONNECTING = 0;
const CLOSED = 2;

describe.each(BROWSERS)("%s", (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser(name);
  });
  afterAll(() => browser.close());

  test("curl -N and EventSource receive what curl -d publishes", async () => {
    const { url } = await serve(["--port", "0", "--memory"]);
    const listening = curlStream("-N", `${url}/events?topic=hello`);
    await listening.until("event: tidings:live\ndata: {}\n\n");
    const source = await openEventSource(browser, url, "/events?topic=hello");
    await source.until("tidings:live");

    const answer = JSON.parse(await curl("-d", "Hello, world", `${url}/topics/hello`));
    await curl("--data-binary", '{"n":2}\nsecond line', `${url}/topics/hello`);
    await curl("-d", "not for them", `${url}/topics/other`);
    await curl("-d", "last", `${url}/topics/hello`);

    await source.until("message", 3);
    const messages = (await source.noted()).filter(({ type }) => type === "message");
    expect(messages.map(({ data }) => data)).toEqual(["Hello, world", '{"n":2}\nsecond line', "last"]);
    expect(messages[0]?.id).toBe(answer.id);
    await listening.until("data: last\n\n");
    expect(listening.printed()).toContain(`id: ${answer.id}\ntopic: hello\ndata: Hello, world\n\n`);
    expect(listening.printed()).not.toContain("not for them");
  });

  test("after kill -9 and a restart EventSource has everything, once, in order", async () => {
    const data = join(testDirectory(), "tidings.db");
    const start = (port: number) => serve(["--port", String(port), "--data", data, "--retry", "100ms"]);
    let hub = await start(0);
    await ready(hub.url);
    const source = await openEventSource(browser, hub.url, "/events?topic=a");
    await source.until("tidings:live");

    const published: string[] = [];
    const publish = async (count: number): Promise<void> => {
      const publisher = new Publisher(hub.port);
      for (let at = 0; at < count; at++) {
        published.push(`event ${published.length}`);
        expect((await publisher.post("/topics/a", published.at(-1) as string)).status).toBe(201);
      }
      publisher.close();
    };
    for (let kill = 1; kill <= 3; kill++) {
      await publish(3);
      // At the third, the events are not waited for: some may be on their way when the process dies.
      if (kill < 3) await source.until("message", published.length);
      hub.process.kill("SIGKILL");
      await hub.exit;
      await source.until("error", kill);
      hub = await start(hub.port);
      await ready(hub.url);
      // Published with nobody there yet, or just there.
      await publish(3);
      await source.until("message", published.length);
    }
    expect(await source.messages()).toEqual(published);
    expect((await source.noted()).filter(({ type }) => type === "tidings:gap")).toEqual([]);
  });

  test.skipIf(name === "Firefox")(
    "a heartbeat of an id alone moves the id with which EventSource comes back",
    async () => {
      const { url, port } = await serve(["--port", "0", "--memory", "--heartbeat", "200ms", "--retry", "20ms"]);
      const proxy = await startRecordingProxy(port);
      const source = await openEventSource(browser, proxy.url, "/events?topic=quiet");
      await source.until("tidings:live");
      const [open] = (await source.noted()).filter(({ type }) => type === "tidings:open");

      const { id } = JSON.parse(await curl("-d", "not for them", `${url}/topics/busy`));
      // The hub's own word for where this connection is: the flush of the other topic has passed it.
      await expect
        .poll(async () => JSON.parse(await curl(`${url}/connections`)).connections[0].position as string)
        .toBe(id);
      const asked = () => proxy.heads.filter((head) => head.startsWith("GET /events"));
      let cuts = 0;
      // A heartbeat is invisible, that is its point: cut until one must have come between two cuts.
      await expect
        .poll(
          async () => {
            proxy.cut();
            await source.until("tidings:live", ++cuts + 1);
            return lastEventIdOf(asked().at(-1));
          },
          { interval: 500, timeout: 20_000 },
        )
        .toBe(id);

      expect(lastEventIdOf(asked()[0])).toBeUndefined();
      expect(toOffset(id)).toBeGreaterThan(toOffset(open?.id as string));
      expect(await source.messages()).toEqual([]);
    },
  );

  test("204 stops EventSource for good, when all its topics have ended and it has everything", async () => {
    const { url, port } = await serve(["--port", "0", "--memory", "--retry", "20ms"]);
    const proxy = await startRecordingProxy(port);
    const source = await openEventSource(browser, proxy.url, "/events?topic=job");
    await source.until("tidings:live");

    await curl("-d", "halfway", `${url}/topics/job`);
    await curl("-d", "done", `${url}/topics/job?end=true`);
    await expect.poll(() => source.readyState()).toBe(CLOSED);

    expect(await source.messages()).toEqual(["halfway", "done"]);
    expect((await source.noted()).map(({ type }) => type)).toEqual(
      [...["tidings:open", "tidings:live", "message", "message", "tidings:end", "error", "error"]].flatMap((type) =>
        type === "tidings:open" ? ["open", type] : [type],
      ),
    );
    // It came back once, with the id of the end, and was told that there is nothing more.
    const asked = proxy.heads.filter((head) => head.startsWith("GET /events"));
    expect(asked).toHaveLength(2);
    const [end] = (await source.noted()).filter(({ type }) => type === "tidings:end");
    expect(lastEventIdOf(asked[1])).toBe(end?.id);
  });

  test("a hub that is full keeps EventSource trying until there is room", async () => {
    const { url, port } = await serve(["--port", "0", "--memory", "--max-connections", "1"]);
    const first = curlStream("-N", `${url}/events?topic=a`);
    await first.until("tidings:live");
    const told: number[] = [];
    const proxy = await startRecordingProxy(port, (text) =>
      // What the hub asks for is half a minute; made short on the way, at the same length.
      text.replace(/^retry: (\d+)$/m, (_, milliseconds: string) => {
        told.push(Number(milliseconds));
        return `retry: ${"50".padStart(milliseconds.length, "0")}`;
      }),
    );
    const source = await openEventSource(browser, proxy.url, "/events?topic=a");
    await source.until("error", 3);
    // Polled, because each try is open for a moment; once closed, it would never be this again.
    await expect.poll(() => source.readyState()).toBe(CONNECTING);
    expect((await source.noted()).filter(({ type }) => type.startsWith("tidings:"))).toEqual([]);
    for (const milliseconds of told) expect(milliseconds).toBeGreaterThanOrEqual(10_000);
    expect(new Set(told).size).toBe(told.length);

    await first.stop();
    await source.until("tidings:live");
    await curl("-d", "room at last", `${url}/topics/a`);
    await source.until("message");
    expect(await source.messages()).toEqual(["room at last"]);
  });
});

function lastEventIdOf(head: string | undefined): string | undefined {
  return /^last-event-id: (.+)$/im.exec(head ?? "")?.[1]?.trim();
}
