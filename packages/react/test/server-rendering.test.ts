import { loadTopic } from "@tidings/client/store";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type * as Render from "./pages/render.tsx";
import type { SeededProps } from "./pages/seeded.tsx";
import { load, REACTS } from "./support/bundle.ts";
import { openScenario, startChromium } from "./support/chromium.ts";
import { startServer, type TestServer } from "./support/server.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());

/** What a server does: reads the newest from the hub, and renders. */
function loadNews(server: TestServer): Promise<SeededProps> {
  return loadTopic<string>(`${server.url}/events`, "news", { last: 2 });
}

describe.each(REACTS)("on React %s", (react) => {
  const rendering = load<typeof Render>("render", react);

  test("a server renders what it has, asks nobody, and starts no timer", async () => {
    const { renderEverything, streamEverything } = await rendering;
    const fetch = vi.spyOn(globalThis, "fetch");
    const setTimeout = vi.spyOn(globalThis, "setTimeout");
    onTestFinished(() => void vi.restoreAllMocks());
    const seed = { initial: [event("1", "one"), event("2", "two")], lastEventId: "e-2" };
    const expected = [
      /<p id="everything">connecting(<!-- --> <!-- -->| )false/,
      /undefined(<!-- --> <!-- -->| )connecting<\/p>/,
      /<p id="seeded">one two<\/p><p id="seededLatest">two<\/p>/,
    ];
    const timers = setTimeout.mock.calls.length;
    const html = renderEverything(seed);
    expect(setTimeout.mock.calls.length).toBe(timers);
    for (const wanted of expected) expect(html).toMatch(wanted);
    const streamed = await streamEverything(seed);
    for (const wanted of expected) expect(streamed).toMatch(wanted);
    expect(fetch).not.toHaveBeenCalled();
  });

  test("a page goes on exactly after what the server rendered, over one request, without a mismatch", async () => {
    const server = await startServer(react);
    for (const data of ["zero", "one", "two"]) await server.hub.publish("news", data);
    const seed = await loadNews(server);
    expect(seed.initial.map(({ data }) => data)).toEqual(["one", "two"]);
    server.setMarkup((await rendering).renderSeeded(seed));
    server.setSeed(seed);
    await server.hub.publish("other", "moves the log");
    await server.hub.publish("news", "three");
    server.asked.length = 0;

    const { until, problems } = await openScenario(browser, server, "hydrate");
    await until("seeded", "one two three");
    await server.hub.publish("news", "four");
    await until("seeded", "one two three four");
    await until("seededLatest", "four");
    expect(server.asked).toMatchObject([{ topics: ["news"], lastEventId: seed.lastEventId }]);
    expect(problems).toEqual([]);
  });

  test("without scripts the page is there", async () => {
    const server = await startServer(react);
    server.setMarkup((await rendering).renderSeeded({ initial: [event("1", "one")], lastEventId: "e-1" }));
    const page = await browser.newPage({ javaScriptEnabled: false });
    onTestFinished(() => page.close());
    await page.goto(server.url);
    expect(await page.locator("#seeded").textContent()).toBe("one");
  });

  test("a stream that is further on is joined exactly: history first, then what comes, nothing twice", async () => {
    const server = await startServer(react);
    await server.hub.publish("news", "zero");
    const seed = await loadNews(server);
    server.setSeed(seed);
    for (const data of ["one", "two"]) await server.hub.publish("news", data);
    server.asked.length = 0;

    const { press, until } = await openScenario(browser, server, "parts");
    await press("toggle-a");
    await press("toggle-unmended");
    await until("live", "true");
    await server.hub.publish("news", "three");
    await until("unmended", "three");
    const before = server.asked.length;

    // Published all the while.
    const publishing = (async () => {
      for (let n = 0; n < 500; n++) await server.hub.publish("news", String(n));
    })();
    await press("toggle-seeded");
    await publishing;
    const numbers = Array.from({ length: 500 }, (_, n) => String(n)).join(" ");
    await until("seededLatest", "499");
    await until("seeded", `zero one two three ${numbers}`.split(" ").slice(-100).join(" "));
    // One more connection, for as long as it took to read the history.
    expect(server.asked.slice(before)).toMatchObject([{ topics: ["news"], lastEventId: seed.lastEventId }]);
    await expect.poll(() => server.open()).toBe(1);
  });

  test("what the server rendered too long ago is a gap", async () => {
    const server = await startServer(react, { hub: { retention: { topics: { news: { maxCount: 2 } } } } });
    await server.hub.publish("news", "zero");
    server.setSeed(await loadNews(server));
    for (const data of ["one", "two", "three"]) await server.hub.publish("news", data);
    const { press, until } = await openScenario(browser, server, "parts");
    await press("toggle-seeded");
    await until("seeded", "zero two three");
    await until("gap", "trimmed");
  });
});

function event(id: string, data: string) {
  return { id, event: "message", topic: "news", data };
}
