import type { ServerResponse } from "node:http";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { BROWSERS_OF_LONG_SUITES, startBrowser } from "../../../tests/support/browsers.ts";
import { REACTS } from "./support/bundle.ts";
import { openScenario } from "./support/chromium.ts";
import { type Route, startServer } from "./support/server.ts";

describe.each(BROWSERS_OF_LONG_SUITES)("%s", (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser(name);
  });
  afterAll(() => browser.close());

  // What React 18 does differently it does in every browser.
  describe.each(name === "Firefox" ? REACTS.slice(-1) : REACTS)("on React %s", (react) => {
    describe("renders never reconnect", () => {
      test("1,000 renders with inline options open the connections of one render", async () => {
        const server = await startServer(react);
        const { page, problems, until, press } = await openScenario(browser, server, "inline");
        await until("rendered", "1000");
        await expect.poll(() => server.open()).toBe(2);
        // The provider's, one for the history of `useLatest`, one of `useEventSource`.
        await expect.poll(() => server.asked.length).toBe(3);

        for (const data of ["one", "two", "three", "four"]) await server.hub.publish("news", data);
        await until("list", "two three four");
        await until("length", "4");
        await until("latest", "four");
        await until("data", "four");
        // The newest handler, though the subscription is of the first render.
        await press("again");
        await until("rendered", "1001");
        await server.hub.publish("news", "five");
        await until("latest", "five");
        const handled = await page.evaluate(() => window.handled as [string, number][]);
        expect(handled.map(([data]) => data)).toEqual(["one", "two", "three", "four", "five"]);
        expect(handled.at(-1)?.[1]).toBeGreaterThanOrEqual(1001);

        expect(server.asked).toHaveLength(3);
        expect(server.open()).toBe(2);
        expect(problems).toEqual([]);
      });

      test("a reconnect asks for the headers of the last render", async () => {
        const server = await startServer(react);
        const { until } = await openScenario(browser, server, "inline");
        await until("rendered", "1000");
        await expect.poll(() => server.open()).toBe(2);
        await expect.poll(() => server.asked.length).toBe(3);
        server.cut();
        await expect.poll(() => server.asked.length).toBe(5);
        expect(server.asked.slice(3).map(({ authorization }) => authorization)).toContain("Bearer 1000");
      });

      test("another value does: url, identity, topics, address null", async () => {
        const server = await startServer(react);
        const { page, until } = await openScenario(browser, server, "parametrized");
        const show = (parameters: object): Promise<void> =>
          page.evaluate((parameters) => window.show(parameters), parameters);
        await expect.poll(() => server.open()).toBe(2);
        expect(server.asked).toHaveLength(2);
        await until("status", "open");

        await show({ token: "other" });
        await show({ token: "another", topics: ["a"] });
        await show({ topic: "b", topics: ["b"] });
        await until("list", "first of b");
        await until("source", "");
        // Another topic of the provider's stream, and another stream for another list of topics.
        await expect.poll(() => server.asked.slice(2).map(({ topics }) => topics)).toEqual([["b"], ["b"]]);
        await expect.poll(() => server.open()).toBe(2);

        const before = server.asked.length;
        await show({ topic: "b", topics: [], identity: "ada" });
        await expect.poll(() => server.asked.slice(before).map(({ topics }) => topics)).toEqual([["b"]]);
        await expect.poll(() => server.open()).toBe(1);

        await show({ topic: null, topics: [] });
        await until("list", "first of null");
        await expect.poll(() => server.open()).toBe(0);
      });

      test("StrictMode connects once, and misses and repeats nothing", async () => {
        const server = await startServer(react);
        await server.hub.publish("b", "before");
        const { page, problems, until } = await openScenario(browser, server, "strict");
        await until("live", "true");
        await until("b", "before");
        for (const data of ["one", "two"]) await server.hub.publish("a", data);
        await until("a", "one two");
        expect(await page.evaluate(() => window.handled)).toEqual(["one", "two"]);
        // The shared stream, and the history of `useLatest`.
        expect(server.asked.map(({ topics }) => topics)).toEqual([["a", "b"], ["b"]]);
        expect(server.open()).toBe(1);
        expect(problems).toEqual([]);
      });

      test("StrictMode opens one stream of useEventSource", async () => {
        const requests: string[] = [];
        const server = await startServer(react, {
          route(request, response) {
            if (request.url !== "/other") return false;
            requests.push(request.url);
            response.setHeader("content-type", "text/event-stream").write("data: hello\n\n");
            return true;
          },
        });
        const { until, problems } = await openScenario(browser, server, "strictSource");
        await until("data", "hello");
        expect(requests).toHaveLength(1);
        expect(problems).toEqual([]);
      });
    });

    describe("one connection for all components", () => {
      test("fifty that mount in one commit are one request, and leave in one", async () => {
        const server = await startServer(react);
        const { press, until } = await openScenario(browser, server, "parts");
        await press("toggle-a");
        await until("live", "true");
        await press("toggle-many");
        await expect.poll(() => server.asked.length).toBe(2);
        expect(server.asked[1]?.topics).toHaveLength(51);
        await until("live", "true");
        await server.hub.publish("m/7", "seven");
        await server.hub.publish("m/8", "eight");
        await until("m7", "seven");
        await until("m8", "eight");
        await until("m9", "");

        await press("toggle-many");
        await expect.poll(() => server.asked.length).toBe(3);
        expect(server.asked[2]?.topics).toEqual(["a"]);
        await until("live", "true");
        await server.hub.publish("a", "still");
        await until("a", "still");
        expect(server.open()).toBe(1);
      });

      test("what a pattern covers costs no request", async () => {
        const server = await startServer(react);
        const { press, until } = await openScenario(browser, server, "parts");
        await press("toggle-pattern");
        await until("live", "true");
        await press("toggle-one");
        await server.hub.publish("m/1", "x");
        await server.hub.publish("m/2", "y");
        await until("pattern", "x y");
        await until("one", "x");
        expect(server.asked.map(({ topics }) => topics)).toEqual([["m/*"]]);
      });

      test("what unmounts and mounts again within a second does not reconnect", async () => {
        const server = await startServer(react);
        const { page, press, until } = await openScenario(browser, server, "parts");
        await press("toggle-a");
        await until("live", "true");
        for (let at = 0; at < 20; at++) {
          await page.evaluate(() => {
            const toggle = document.querySelector<HTMLElement>("#toggle-a");
            toggle?.click();
            toggle?.click();
          });
        }
        await server.hub.publish("a", "here");
        await until("a", "here");
        expect(server.asked).toHaveLength(1);

        await press("toggle-a");
        await expect.poll(() => server.open()).toBe(0);
        await until("status", "connecting");
        await press("toggle-b");
        await until("live", "true");
        expect(server.asked.slice(1).map(({ topics, lastEventId }) => [topics, lastEventId])).toEqual([
          [["b"], undefined],
        ]);
      });

      test("a cut resumes by itself, and restart connects anew", async () => {
        const server = await startServer(react);
        const { press, until } = await openScenario(browser, server, "parts");
        await press("toggle-a");
        await until("live", "true");
        await server.hub.publish("a", "one");
        await until("a", "one");
        server.cut();
        await server.hub.publish("a", "two");
        await until("a", "one two");
        await press("restart");
        await expect.poll(() => server.asked.length).toBe(3);
        await until("live", "true");
        await server.hub.publish("a", "three");
        await until("a", "one two three");
      });

      test("tabs that share have what joins late in each of them, over one connection", async () => {
        const server = await startServer(react);
        await server.hub.publish("b", "there");
        const context = await browser.newContext();
        onTestFinished(() => context.close());
        const tabs = [await openScenario(context, server, "shared"), await openScenario(context, server, "shared")];
        for (const { press, until } of tabs) {
          await press("toggle-a");
          await until("live", "true");
        }
        for (const { press, until } of tabs) {
          await press("toggle-latestB");
          await until("latestB", "there");
        }
        await server.hub.publish("b", "then");
        await server.hub.publish("a", "all");
        for (const { until } of tabs) {
          await until("latestB", "then");
          await until("a", "all");
        }
        await expect.poll(() => server.open()).toBe(1);
      });

      test("a hook outside of a provider says what to do", async () => {
        const server = await startServer(react);
        const { problems } = await openScenario(browser, server, "outside");
        await expect.poll(() => problems.join()).toContain("Put a <TidingsProvider> around this.");
      });
    });

    describe("what is shown", () => {
      test("a list keeps its limit; another topic is another list", async () => {
        const server = await startServer(react);
        const { press, until } = await openScenario(browser, server, "parts");
        await press("toggle-a");
        await press("toggle-limited");
        await until("live", "true");
        await server.hub.publishBatch(Array.from({ length: 150 }, (_, n) => ({ topic: "a", data: String(n) })));
        await until("limited", "148 149");
        await until("a", Array.from({ length: 100 }, (_, n) => String(n + 50)).join(" "));
      });

      test("an event for which reduce throws is left out, reported, and kills nothing", async () => {
        const server = await startServer(react);
        const { press, until, problems } = await openScenario(browser, server, "parts");
        await press("toggle-reducing");
        await until("live", "true");
        for (const data of [1, 2, -1, 3]) await server.hub.publish("numbers", data);
        await until("sum", "6");
        expect(problems).toEqual(["below zero"]);
      });

      test("useEventEffect gets every event in order, renders nothing, survives its handler, and stops at unmount", async () => {
        const server = await startServer(react);
        const { page, press, until, problems, count } = await openScenario(browser, server, "parts");
        await press("toggle-a");
        await press("toggle-effect");
        await until("live", "true");
        for (const data of ["one", "bad", "two"]) await server.hub.publish("a", data);
        await until("a", "one bad two");
        await press("toggle-effect");
        await server.hub.publish("a", "unseen");
        await until("a", "one bad two unseen");
        expect(await page.evaluate(() => window.handled)).toEqual(["one", "bad", "two"]);
        expect(await count("renders of effect")).toBe(1);
        expect(problems).toEqual(["a handler failed"]);
      });

      test("useLatest has what the hub holds, also where it joins a stream that is open", async () => {
        const server = await startServer(react);
        await server.hub.publish("a", "old");
        await server.hub.publish("a", "now");
        await server.hub.publish("b", "there");
        const { press, until } = await openScenario(browser, server, "parts");
        await press("toggle-latest");
        await until("latest", "now");
        await until("live", "true");
        // Alone, it began where the stream did: no second request.
        expect(server.asked.map(({ last }) => last)).toEqual(["1"]);
        await press("toggle-latestB");
        await until("latestB", "there");
        await server.hub.publish("b", "then");
        await until("latestB", "then");
        await until("latest", "now");
      });

      test("useTopic with `last` begins with the newest", async () => {
        const server = await startServer(react);
        for (const data of ["one", "two", "three"]) await server.hub.publish("news", data);
        const { press, until } = await openScenario(browser, server, "parts");
        await press("toggle-a");
        await until("live", "true");
        await press("toggle-newest");
        await until("newest", "two three");
        await server.hub.publish("news", "four");
        await until("newest", "two three four");
      });
    });

    describe("gaps", () => {
      test("are told, mended by onGap, mended by themselves with `last`, and else left", async () => {
        const server = await startServer(react, { hub: { retention: { topics: { news: { maxCount: 3 } } } } });
        const { page, press, until } = await openScenario(browser, server, "parts");
        for (const part of ["mending", "newest", "unmended"]) await press(`toggle-${part}`);
        await until("live", "true");
        await server.hub.publish("news", "seen");
        for (const id of ["mended", "newest", "unmended"]) await until(id, "seen");
        await until("gap", "");

        await page.context().setOffline(true);
        server.cut();
        for (let n = 0; n < 10; n++) await server.hub.publish("news", `missed ${n}`);
        await page.context().setOffline(false);
        await until("gap", "trimmed");
        await until("mended", "missed 8 missed 9");
        await until("newest", "missed 8 missed 9");
        await until("unmended", "seen missed 7 missed 8 missed 9");
        expect(await page.evaluate(() => window.handled)).toEqual(["trimmed"]);
        await server.hub.publish("news", "after");
        await until("mended", "missed 8 missed 9 after");
        await until("newest", "missed 8 missed 9 after");
      });
    });

    describe("updates come with the frame", () => {
      test("a burst renders at most once a frame, torn never, and ends complete", async () => {
        const server = await startServer(react);
        const { until, count, problems } = await openScenario(browser, server, "burst");
        await expect.poll(() => server.open()).toBe(1);
        await expect.poll(() => server.hub.connections()[0]?.state).toBe("live");
        const before = { frames: await count("frames"), renders: await count("renders of burst") };
        for (let at = 0; at < 10_000; at += 100) {
          await server.hub.publishBatch(Array.from({ length: 100 }, (_, n) => ({ topic: "ticks", data: at + n })));
        }
        await until("total", "10000");
        await until("list", Array.from({ length: 10 }, (_, n) => String(9_990 + n)).join(" "));
        const renders = (await count("renders of burst")) - before.renders;
        // One more where the last is drawn after the last that was counted.
        expect(renders).toBeLessThanOrEqual((await count("frames")) - before.frames + 1);
        expect(renders).toBeGreaterThan(0);
        expect(await count("torn")).toBe(0);
        expect(problems).toEqual([]);
      });

      test("a page whose frames are not drawn is up to date all the same", async () => {
        const server = await startServer(react);
        const { page, press, until } = await openScenario(browser, server, "parts");
        await press("toggle-a");
        await until("live", "true");
        await page.evaluate(() => {
          window.requestAnimationFrame = () => 0;
        });
        await server.hub.publish("a", "unseen");
        await until("a", "unseen");
      });
    });

    describe("useEventSource, with any server", () => {
      test("has data, the last event, those before it, and whether it is open", async () => {
        const other = otherServer();
        const server = await startServer(react, { route: other.route });
        const { until, count, problems } = await openScenario(browser, server, "source");
        await until("status", "open");
        const before = await count("renders of source");
        other.write(
          "id: 1\ndata: one\n\nevent: named\nid: 2\ndata: two\n\nid: 3\ndata: three\n\nid: 4\ndata: four\n\n",
        );
        await until("data", "four");
        await until("id", "4");
        await until("events", "two three four");
        // What came together is one render.
        expect(await count("renders of source")).toBe(before + 1);
        expect(problems).toEqual([]);
      });

      test("comes back with the last event id, after a cut and after it was out of sight", async () => {
        const other = otherServer();
        const server = await startServer(react, { route: other.route });
        const { until, press } = await openScenario(browser, server, "source");
        await until("status", "open");
        other.write("retry: 10\nid: 7\ndata: seven\n\n");
        await until("data", "seven");
        other.end();
        await expect.poll(() => other.asked).toEqual([undefined, "7"]);
        await until("status", "open");
        await press("toggle-source");
        await expect.poll(() => other.open()).toBe(0);
        // Another component, another stream.
        await press("toggle-source");
        await expect.poll(() => other.asked).toEqual([undefined, "7", undefined]);
      });

      test("is closed by close, by 204 and by an error, and opened again by restart", async () => {
        const other = otherServer();
        const server = await startServer(react, { route: other.route });
        const { until, press } = await openScenario(browser, server, "source");
        await until("status", "open");
        await press("close");
        await until("status", "closed");
        await expect.poll(() => other.open()).toBe(0);
        await press("restart");
        await until("status", "open");
        other.refuse(403);
        other.end();
        await until("error", "http_status");
        await until("status", "closed");
        other.refuse(204);
        await press("restart");
        await until("error", "");
        await until("status", "closed");
        other.refuse(undefined);
        await press("restart");
        await until("status", "open");
        expect(other.asked).toHaveLength(5);
      });

      test("a POST is sent once, also in StrictMode", async () => {
        const bodies: string[] = [];
        const server = await startServer(react, {
          route(request, response) {
            if (request.url !== "/post") return false;
            request.on("data", (bytes) => bodies.push(String(bytes)));
            response.setHeader("content-type", "text/event-stream").end("data: all\n\ndata: done\n\n");
            return true;
          },
        });
        const { until, problems } = await openScenario(browser, server, "post");
        await until("events", "all done");
        await until("status", "closed");
        expect(bodies).toEqual(["prompt"]);
        expect(problems).toEqual([]);
      });
    });
  });
});

/** Any server of events, at `/other`. */
function otherServer() {
  const asked: (string | undefined)[] = [];
  const streams = new Set<ServerResponse>();
  let refusal: number | undefined;
  const route: Route = (request, response) => {
    if (request.url !== "/other") return false;
    asked.push(request.headers["last-event-id"] as string | undefined);
    if (refusal !== undefined) {
      response.writeHead(refusal).end();
      return true;
    }
    response.setHeader("content-type", "text/event-stream").write(": hello\n\n");
    streams.add(response);
    response.once("close", () => streams.delete(response));
    return true;
  };
  return {
    asked,
    route,
    open: () => streams.size,
    write(text: string) {
      for (const stream of streams) stream.write(text);
    },
    end() {
      for (const stream of streams) stream.end();
    },
    refuse(status: number | undefined) {
      refusal = status;
    },
  };
}
