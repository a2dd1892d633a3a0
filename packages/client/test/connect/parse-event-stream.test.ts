import { parseEventStream } from "@tidings/client";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { StreamEvent } from "../../src/types.ts";
import { startServer } from "./support/server.ts";

async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of iterable) values.push(value);
  return values;
}

const body = (...pieces: string[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });

describe("parseEventStream", () => {
  test("gives the events of a response, a promise of one, or a body, and ends with it", async () => {
    const server = await startServer((exchange) => {
      exchange.stream('event: token\nid: 1\ndata: {"text":"Hi"}\n\n: ping\n\ndata: [DONE]\n\ndata: cut');
      exchange.end();
    });
    const expected = [
      { event: "token", id: "1", topic: undefined, data: { text: "Hi" } },
      { event: "message", id: "1", topic: undefined, data: "[DONE]" },
    ];
    expect(await all(parseEventStream(await fetch(server.url)))).toEqual(expected);
    expect(await all(parseEventStream(fetch(server.url, { method: "POST", body: "x" })))).toEqual(expected);
    const { body: bytes } = await fetch(server.url);
    expect(await all(parseEventStream(bytes as ReadableStream<Uint8Array>))).toEqual(expected);
    // Asked for as often as the test did, and never by itself.
    expect(server.asked.length).toBe(3);
  });

  test("cut anywhere, and raw", async () => {
    const text = "data: 1\r\n\r\ndata: €\r\n\r\n";
    expect((await all(parseEventStream(body(...text), { raw: true }))).map(({ data }) => data)).toEqual(["1", "€"]);
  });

  test("throws what is no stream, with status and problem", async () => {
    const server = await startServer((exchange, number) => {
      if (number === 1) exchange.refuse(429, { "content-type": "application/json" }, '{"detail":"Slower."}');
      else exchange.refuse(200, { "content-type": "text/html" }, "<html>");
    });
    const refused = { code: "http_status", status: 429, message: "Slower." };
    await expect(all(parseEventStream(fetch(server.url)))).rejects.toMatchObject(refused);
    await expect(all(parseEventStream(fetch(server.url)))).rejects.toMatchObject({ code: "content_type" });
    await expect(all(parseEventStream(fetch("http://127.0.0.1:9999")))).rejects.toMatchObject({ code: "network" });
  });

  test("throws when it is cut, behind what came before", async () => {
    const server = await startServer((exchange) => {
      exchange.stream("data: 1\n\n");
      setTimeout(exchange.cut, 50);
    });
    const taken: unknown[] = [];
    const read = async (): Promise<void> => {
      for await (const { data } of parseEventStream(fetch(server.url))) taken.push(data);
    };
    await expect(read()).rejects.toMatchObject({ code: "network" });
    expect(taken).toEqual([1]);
  });

  test("leaving the loop cancels the body", async () => {
    const server = await startServer((exchange) => exchange.stream("data: 1\n\ndata: 2\n\n"));
    for await (const { data } of parseEventStream(fetch(server.url))) {
      expect(data).toBe(1);
      break;
    }
    await (await server.exchange(1)).gone;
  });

  test("a signal given to fetch ends it, with the signal's reason as the cause", async () => {
    const server = await startServer((exchange) => exchange.stream("data: 1\n\n"));
    const controller = new AbortController();
    const read = async (): Promise<void> => {
      for await (const _ of parseEventStream(fetch(server.url, { signal: controller.signal }))) controller.abort();
    };
    await expect(read()).rejects.toMatchObject({ code: "network", cause: { name: "AbortError" } });
    await (await server.exchange(1)).gone;
  });

  test("validates, and throws what is wrong with its path", async () => {
    const schema = z.object({ n: z.number().refine(async () => true) });
    const taken: StreamEvent<{ n: number }>[] = [];
    const read = async (): Promise<void> => {
      for await (const event of parseEventStream(body('data: {"n":1}\n\ndata: {"n":"2"}\n\n'), { schema }))
        taken.push(event);
    };
    await expect(read()).rejects.toMatchObject({ code: "invalid_data", field: "n" });
    expect(taken.map(({ data }) => data)).toEqual([{ n: 1 }]);
  });

  test("reads no faster than the events are taken", async () => {
    let pulled = 0;
    const source = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled++;
          controller.enqueue(new TextEncoder().encode("data: x\n\n"));
        },
      },
      { highWaterMark: 0 },
    );
    const events = parseEventStream(source);
    for (let count = 1; count < 5; count++) {
      await events.next();
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(pulled).toBe(count);
    }
    await events.return();
  });
});
