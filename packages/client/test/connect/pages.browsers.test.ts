import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { BROWSERS, startBrowser } from "../../../../tests/support/browsers.ts";
import type { connect } from "../../src/connect.ts";
import type { EventStream } from "../../src/types.ts";
import { bundleClient, servePages } from "./support/browser.ts";
import { CORS, startServer } from "./support/server.ts";

/** What runs in the page sees. */
interface PageGlobals {
  tidings: { connect: typeof connect };
  stream: EventStream;
  heard: unknown[];
}
declare const tidings: PageGlobals["tidings"];
declare const stream: PageGlobals["stream"];
declare const heard: PageGlobals["heard"];

describe.each(BROWSERS)("%s", (name) => {
  let browser: Browser;
  let client: string;
  beforeAll(async () => {
    [browser, client] = await Promise.all([startBrowser(name, { isWhole: true }), bundleClient()]);
  });
  afterAll(() => browser.close());

  async function openPage(origin: string): Promise<Page> {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(origin);
    return page;
  }

  /** Opens a stream in the page, and notes its data and statuses. */
  function listenIn(page: Page, url: string, options = {}): Promise<void> {
    return page.evaluate(
      ([url, options]) => {
        const stream = tidings.connect(url, { retry: 20, ...options });
        const heard: unknown[] = [];
        stream.on("event", ({ data }) => heard.push(data));
        stream.on("status", (status) => heard.push(status));
        Object.assign(globalThis, { stream, heard });
      },
      [url, options] as const,
    );
  }

  const LONG = { timeout: 8000 };
  // Firefox cuts what a page has open before it tells the page that it is left: the next try is not to come in between.
  const PATIENT = { retry: 100_000 };

  test("same origin: the cursor goes as the header, relative addresses are relative to the page", async () => {
    const ids: (string | undefined)[] = [];
    const origin = await servePages(client, (request, response) => {
      if (!request.url?.startsWith("/events?x")) return void response.writeHead(404).end();
      ids.push(request.headers["last-event-id"] as string | undefined);
      if (ids.length === 3) return void response.writeHead(204).end();
      response.writeHead(200, { "content-type": "text/event-stream" }).end(`id: ü${ids.length}\ndata: 1\n\n`);
    });
    const page = await openPage(origin);
    await listenIn(page, "events?x");
    await page.waitForFunction(() => stream.status === "closed");
    expect(ids.map((id) => id && Buffer.from(id, "latin1").toString())).toEqual([undefined, "ü1", "ü2"]);
  });

  test.skipIf(name === "Firefox")(
    "left and come back to: out of the back/forward cache it goes on where it was",
    async () => {
      const server = await startServer(({ stream }, number) => stream(`id: ${number}\ndata: ${number}\n\n`, CORS));
      // The driver loses sight of a page that comes out of the cache, so that the page tells the server what it has heard;
      // only then, since a page that is asking for something is not kept.
      let told: unknown[] = [];
      const origin = await servePages(client, async (request, response) => {
        let body = "";
        for await (const chunk of request) body += chunk;
        if (request.url === "/told" && JSON.parse(body).length > told.length) told = JSON.parse(body);
        response.writeHead(204).end();
      });
      const page = await openPage(origin);
      await listenIn(page, server.url, PATIENT);
      await page.waitForFunction(() => heard.includes(1));
      await page.evaluate(() => {
        addEventListener("pageshow", ({ persisted }) => {
          heard.push(persisted ? "out of the cache" : "anew");
          setInterval(() => fetch("/told", { method: "POST", body: JSON.stringify(heard) }), 50);
        });
      });
      await page.goto(`${origin}/other`);
      await (await server.exchange(1)).gone;
      expect(server.open()).toBe(0);
      await page.evaluate("history.back()");
      expect((await server.exchange(2)).asked.url.searchParams.get("lastEventId")).toBe("1");
      await vi.waitFor(() => expect(told).toContain(2), LONG);
      expect(told).toContain("out of the cache");
      expect(told.slice(told.lastIndexOf("waiting")).filter((each) => each !== "out of the cache")).toEqual([
        ...["waiting", "connecting", "open", 2],
      ]);
    },
  );

  test("the network away: offline, and at once there again with it", async () => {
    const server = await startServer(({ stream }, number) => stream(`id: ${number}\ndata: ${number}\n\n`, CORS));
    const page = await openPage(await servePages(client));
    await listenIn(page, server.url, { retry: 100_000 });
    await page.waitForFunction(() => heard.includes(1));
    await page.context().setOffline(true);
    (await server.exchange(1)).cut();
    await page.waitForFunction(() => stream.status === "offline");
    await page.context().setOffline(false);
    await page.waitForFunction(() => heard.includes(2));
    expect(server.asked.length).toBe(2);
  });

  test("a reload resumes with persist, and not without", async () => {
    const server = await startServer(({ stream }, number) => stream(`id: ${number}\ndata: ${number}\n\n`, CORS));
    const page = await openPage(await servePages(client));
    for (const [options, number] of [
      [{ persist: "news" }, 1],
      [{ persist: "news" }, 2],
      [{}, 3],
    ] as const) {
      await listenIn(page, server.url, { ...PATIENT, ...options });
      await page.waitForFunction((count) => heard.includes(count), number);
      await page.reload();
    }
    expect(server.asked.map(({ url }) => url.searchParams.get("lastEventId"))).toEqual([null, "1", null]);
  });

  test("closed, by close or with its page, the server feels it, and nothing comes after", async () => {
    const server = await startServer(({ stream }, number) => stream(`data: ${number}\n\n`, CORS));
    const page = await openPage(await servePages(client));
    await listenIn(page, server.url);
    await page.waitForFunction(() => heard.includes(1));
    await page.evaluate(() => stream.close());
    await (await server.exchange(1)).gone;
    expect((await page.evaluate(() => heard)).at(-1)).toBe("closed");
    await listenIn(page, server.url);
    await server.exchange(2);
    await page.close();
    await (await server.exchange(2)).gone;
  });

  test("headers of one's own need a preflight, once for each address, and the cursor adds none", async () => {
    const allowed = { ...CORS, "access-control-allow-headers": "authorization", "access-control-max-age": "600" };
    const server = await startServer(({ asked, stream, refuse, end }, number) => {
      if (asked.method === "OPTIONS") return refuse(204, allowed);
      stream(`id: 1\ndata: ${number}\n\n`, CORS);
      if (number < 4) end();
    });
    const page = await openPage(await servePages(client));
    await listenIn(page, server.url, { headers: { authorization: "t" } });
    await vi.waitFor(() => expect(server.asked.length).toBeGreaterThanOrEqual(4), LONG);
    const gets = server.asked.filter(({ method }) => method === "GET");
    for (const { headers } of gets) expect(headers.authorization).toBe("t");
    for (const { headers } of server.asked) {
      expect(headers["access-control-request-headers"] ?? "authorization").toBe("authorization");
    }
  });
});
