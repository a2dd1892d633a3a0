import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { createHub } from "@tidings/server";
import { sse } from "@tidings/server/node";
import { createParser, type ParsedEvent } from "@tidings/wire";
import { describe, expect, onTestFinished, test } from "vitest";
import { type RunningExample, startScript } from "../../examples/harness.ts";
import { listen } from "./guides/fetch-stream.mjs";
import { answer } from "./guides/from-fetch-event-source.ts";
import { forwardAnswer } from "./guides/pipe.ts";

describe("the servers of the guides run as they are shown", () => {
  for (const guide of ["node", "express", "fastify", "hono", "fetch"]) {
    test(guide, async () => {
      const { url } = await start(guide);
      const [first, second] = await readStories(`${url}/events`, 2);
      expect(JSON.parse(first?.data ?? "")).toEqual({ title: "Hello" });
      expect(Number(second?.id.split("-")[1])).toBe(Number(first?.id.split("-")[1]) + 1);
    });
  }

  for (const guide of ["express", "fastify", "hono"]) {
    test(`${guide}: what is posted is published`, async () => {
      const { url } = await start(guide);
      const reading = readStories(`${url}/events`, 1, (event) => event.data === "Posted");
      const posted = setInterval(() => {
        // Again and again, as the reader may not be connected yet.
        fetch(`${url}/news`, { method: "POST", headers: { "content-type": "text/plain" }, body: "Posted" }).catch(
          () => {},
        );
      }, 50);
      onTestFinished(() => clearInterval(posted));
      expect((await reading)[0]?.data).toBe("Posted");
    });
  }

  test("node: SIGTERM says goodbye and ends the process", async () => {
    const running = await start("node");
    const response = await fetch(`${running.url}/events`);
    expect(await running.stop("SIGTERM")).toBe(0);
    expect(await response.text()).toMatch(
      /event: tidings:bye\nretry: \d+\ndata: \{"reason":"drain","reconnect":true\}/,
    );
  });

  test("express: a greeting comes first", async () => {
    const { url } = await start("express");
    const [greeting] = await readStories(`${url}/events`, 1, ({ event }) => event === "welcome");
    expect(greeting?.data).toBe("Welcome");
  });

  test("authorize: each user gets the events of that user, and nobody those of nobody", async () => {
    const { url } = await start("authorize");
    const refused = await fetch(`${url}/events`);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ code: "forbidden" });
    const [story] = await readStories(`${url}/events`, 1, undefined, { cookie: "user=ann" });
    expect(story?.topic).toBe("users/ann/news");
  });

  test("from better-sse: a greeting, then ticks that count", async () => {
    const { url } = await start("from-better-sse");
    const events = await readStories(`${url}/sse`, 3, ({ event }) => event === "greeting" || event === "tick");
    expect(events[0]).toMatchObject({ event: "greeting", data: '{"text":"Hello"}' });
    const [first, second] = events.slice(1).map(({ data }) => JSON.parse(data) as { count: number });
    expect(second?.count).toBe((first?.count ?? 0) + 1);
  });

  test("from express-sse: what was sent before comes first, when asked for", async () => {
    const { url } = await start("from-express-sse");
    for (const text of ["one", "two"]) {
      await fetch(`${url}/content`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ text }),
      });
    }
    const events = await readStories(`${url}/stream?last=100`, 2);
    expect(events.map(({ event, data }) => [event, data])).toEqual([
      ["content", '{"text":"one"}'],
      ["content", '{"text":"two"}'],
    ]);
  });

  test("sse: a one-off stream", async () => {
    const { url } = await start("sse");
    expect(await (await fetch(url)).text()).toContain('event: countdown\ndata: {"count":1}\n\ndata: lift-off\n\n');
  });

  test("embed: the ten lines of the README, with a restart in between", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tidings-embed-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const first = await start("embed", folder);
    const post = (url: string, total: number) =>
      fetch(`${url}/orders/42`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ total }),
      });
    expect((await post(first.url, 9)).status).toBe(204);
    await first.stop("SIGKILL");
    const second = await start("embed", folder);
    await post(second.url, 12);
    const prices = await readStories(`${second.url}/events?from=earliest`, 2);
    expect(prices.map(({ event, topic, data }) => [event, topic, data])).toEqual([
      ["price", "orders/42", '{"total":9}'],
      ["price", "orders/42", '{"total":12}'],
    ]);
  });
});

describe("the other code of the docs runs as it is shown", () => {
  test("a stream read with fetch, to its end, and its errors", async () => {
    const { url } = await start("sse");
    const events: string[] = [];
    await listen(url, "token", (event) => void events.push(`${event.event}: ${event.data}`));
    expect(events.at(-1)).toBe("message: lift-off");
    const guarded = await start("authorize");
    await expect(listen(`${guarded.url}/events`, "token", () => {})).rejects.toThrow("You may not listen to");
  });

  test("from fetch-event-source: a POST, fresh headers, and a refusal that says why", async () => {
    const { url } = await startAnswers();
    const events: unknown[] = [];
    const asked = {
      prompt: "Hello",
      token: async () => "good",
      onmessage: ({ data }: { data: unknown }) => events.push(data),
    };
    expect(await answer(url, asked)).toEqual([]);
    expect(events).toEqual(["You said", "Hello"]);
    await expect(answer(url, { ...asked, token: async () => "bad" })).rejects.toMatchObject({ status: 403 });
  });

  test("an answer is piped, and its topic ends", async () => {
    const hub = createHub();
    onTestFinished(() => hub.close());
    await forwardAnswer(
      hub,
      "7",
      (async function* () {
        yield* ["Hello", ", ", "world"];
      })(),
    );
    const { events } = await hub.history("answers/7");
    expect(events.map(({ data, end }) => data ?? end)).toEqual(["Hello", ", ", "world", true]);
  });
});

async function start(guide: string, folder?: string): Promise<RunningExample> {
  const running = await startScript(new URL(`guides/${guide}.mjs`, import.meta.url), {}, folder);
  onTestFinished(async () => void (await running.stop("SIGKILL")));
  return running;
}

/** A server that answers a POST with a stream, to whoever has the token. */
async function startAnswers(): Promise<{ url: string }> {
  const server = createServer(async (request, response) => {
    if (request.headers.authorization !== "Bearer good") {
      response.writeHead(403).end();
      return;
    }
    const { prompt } = (await json(request)) as { prompt: string };
    sse(request, response, async function* () {
      yield "You said";
      yield prompt;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

/** Reads a stream until it has brought so many events that are wanted: those that are no control events, by default. */
async function readStories(
  url: string,
  count: number,
  isWanted = (event: ParsedEvent): boolean => event.topic !== undefined,
  headers: Readonly<Record<string, string>> = {},
): Promise<readonly ParsedEvent[]> {
  const found: ParsedEvent[] = [];
  const parser = createParser({ onEvent: (event) => void (isWanted(event) && found.push(event)) });
  const response = await fetch(url, { headers });
  for await (const bytes of response.body as AsyncIterable<Uint8Array>) {
    parser.feed(bytes);
    if (found.length >= count) return found;
  }
  throw new Error(`The stream ended after ${found.length} of ${count} events.`);
}
