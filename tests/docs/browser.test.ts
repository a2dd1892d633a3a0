import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createHub } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";
import type { Browser, Page } from "playwright-core";
import { startHub } from "tidings";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { BROWSERS, startBrowser } from "../support/browsers.ts";

describe.each(BROWSERS)("%s", (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser(name);
  });
  afterAll(() => browser.close());

  test("the README's listener prints what curl publishes, and says what is missing", async () => {
    const running = await startHub({ memory: true, port: 0 });
    onTestFinished(() => running.close());
    const listener = readFileSync(new URL("guides/listen.js", import.meta.url), "utf8");
    const { page, logged } = await open(browser, `${running.url}/healthz`);
    await page.evaluate(listener.replace("http://127.0.0.1:4400", running.url));
    await expect.poll(() => running.hub.connections().length).toBe(1);

    const body = JSON.stringify({ total: 9 });
    await fetch(`${running.url}/topics/orders/42?event=price`, { method: "POST", body });
    await expect.poll(() => logged).toEqual([expect.stringMatching(/^[0-9a-z]+-1 \{total: 9\}$/)]);

    // Retention, as it were: what the reader has yet to see is gone when it is back.
    const [connection] = running.hub.connections();
    running.hub.disconnect(connection?.id ?? "");
    await running.hub.publish("orders/42", { total: 12 }, { event: "price" });
    await running.hub.deleteTopic("orders/42");
    await expect.poll(() => logged.at(-1), { timeout: 10_000 }).toMatch(/^Something was missed/);
    expect(logged.length).toBe(2);
  });

  test.skipIf(name === "Firefox")(
    "a browser takes the id of a heartbeat for its last event id, and shows no event",
    async () => {
      const hub = createHub({ heartbeat: 150, retry: 50 });
      const requests: { socket: Socket; lastEventId: string | undefined }[] = [];
      const events = nodeHandler(hub, { topics: ["quiet"] });
      const server = createServer((request, response) => {
        if (request.url !== "/events") return response.end("<!doctype html><title>page</title>");
        requests.push({ socket: request.socket, lastEventId: request.headers["last-event-id"]?.toString() });
        events(request, response);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      onTestFinished(async () => {
        await hub.close();
        server.closeAllConnections();
      });
      const { page, logged } = await open(browser, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.evaluate(() => {
        const source = new EventSource("/events");
        source.onmessage = () => console.log("message");
        source.addEventListener("tidings:live", ({ lastEventId }) => console.log(lastEventId));
      });
      await expect.poll(() => logged.length).toBe(1);

      for (let count = 0; count < 7; count++) await hub.publish("busy", count);
      await new Promise((resolve) => setImmediate(resolve));
      // Nothing else is written to this reader: what comes next on its socket is a heartbeat.
      const { socket } = requests[0] as { socket: Socket };
      const written = socket.bytesWritten;
      await expect.poll(() => socket.bytesWritten).toBeGreaterThan(written);
      hub.disconnect(hub.connections()[0]?.id ?? "");
      await expect.poll(() => requests.length, { timeout: 10_000 }).toBe(2);
      expect(requests[1]?.lastEventId).toMatch(/-7$/);
      expect(logged[0]).toMatch(/-0$/);
      expect(logged).not.toContain("message");
    },
  );

  test.skipIf(name === "Firefox")("the console says what troubleshooting.md quotes", async () => {
    const running = await startHub({ memory: true, port: 0 });
    onTestFinished(() => running.close());
    const server = createServer((request, response) => {
      const isCut = request.url === "/cut";
      response.setHeader("content-type", isCut ? "text/event-stream" : "text/html");
      // Chunked, as through a proxy.
      if (isCut) response.write("data: x\n\n", () => response.destroy());
      else response.end("<!doctype html><link rel=icon href=data:,><title>page</title>");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { page } = await open(browser, `http://127.0.0.1:${port}/`);
    const errors: string[] = [];
    page.on("console", (message) => errors.push(message.text().replaceAll(/'http:[^']+'/g, "'…'")));
    for (const url of [`${running.url}/events`, "/", "/cut", `http://localhost:${port}/`]) {
      const before = errors.length;
      await page.evaluate((address) => {
        const source = new EventSource(address);
        source.onerror = () => source.close();
      }, url);
      await expect.poll(() => errors.length).toBeGreaterThan(before);
    }
    const quoted = readFileSync(new URL("../../docs/troubleshooting.md", import.meta.url), "utf8");
    // What follows a refusal by CORS says nothing of its own.
    for (const error of errors.filter((text) => !text.endsWith("net::ERR_FAILED"))) expect(quoted).toContain(error);
    expect(new Set(errors).size).toBeGreaterThanOrEqual(4);
  });
});

async function open(browser: Browser, url: string): Promise<{ page: Page; logged: string[] }> {
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  const logged: string[] = [];
  page.on("console", (message) => message.type() === "log" && logged.push(message.text()));
  await page.goto(url);
  return { page, logged };
}
