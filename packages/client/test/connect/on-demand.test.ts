import { afterEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { createHubClient } from "../../src/store/hub-client.ts";
import { startHubServer } from "../store/hub-server.ts";
import { startServer } from "./support/server.ts";
import { listen, open } from "./support/world.ts";

// What is loaded when it is asked for, and is not there: the server of the files may be the one that is down.

const FILES = {
  catchUp: "../../src/store/catch-up.ts",
  check: "../../src/check-data.ts",
  late: "../../src/late-delivery.ts",
  loops: "../../src/loops.ts",
  share: "../../src/share/index.ts",
};

/** From now on, until {@link find}, the file is not there. Gives how often it was asked for. */
async function lose(file: string): Promise<() => number> {
  let asked = 0;
  vi.resetModules();
  vi.doMock(file, () => {
    asked++;
    throw new Error("no such file");
  });
  await settle();
  return () => asked;
}

async function find(file: string): Promise<void> {
  vi.doUnmock(file);
  await settle();
}

/** Only an import carries out what was said of files before it; of two at once, one may get what should be lost. */
async function settle(): Promise<void> {
  await import("../../src/position.ts");
}

afterEach(async () => {
  for (const file of Object.values(FILES)) await find(file);
});

test("loops: the loop throws, the stream goes on, and the next loop finds it", async () => {
  await lose(FILES.loops);
  const server = await startServer((exchange) => exchange.stream("id: 1\ndata: 1\n\n"));
  const stream = open(server.url);
  const heard = listen(stream);
  // One that nobody goes on with harms nobody.
  stream[Symbol.asyncIterator]();
  await expect(async () => {
    for await (const event of stream) expect(event).toBe(undefined);
  }).rejects.toMatchObject({ name: "ClientError", code: "network", message: "The network failed: no such file." });
  await vi.waitFor(() => expect(heard.data()).toEqual([1]));
  expect(heard.of("error")).toEqual([]);

  await find(FILES.loops);
  const next = stream[Symbol.asyncIterator]().next();
  (await server.exchange(1)).send("id: 2\ndata: 2\n\n");
  expect(await next).toMatchObject({ value: { data: 2 } });
  expect(server.asked).toHaveLength(1);
});

test("loops that come when the connection is another one: what waited for them says nothing of the new one", async () => {
  let load = (): void => {};
  const isThere = new Promise<void>((resolve) => {
    load = resolve;
  });
  vi.resetModules();
  vi.doMock(FILES.loops, async (importOriginal) => {
    await isThere;
    return importOriginal();
  });
  await settle();
  const bodies: ReadableStreamDefaultController<Uint8Array>[] = [];
  const fetch = async (): Promise<Response> => {
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void bodies.push(controller) });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  const send = (to: number, text: string): void => bodies[to]?.enqueue(new TextEncoder().encode(text));
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  const stream = open("http://localhost/events", { fetch });
  const heard = listen(stream);
  const first = stream[Symbol.asyncIterator]().next();
  await vi.waitFor(() => expect(bodies).toHaveLength(1));
  send(0, "id: 1\ndata: waits\n\n");
  await turn();
  stream.restart();
  load();
  await stream[Symbol.asyncIterator]().return?.();
  await turn();
  expect(heard.of("status")).toEqual([]);
  send(1, "id: 1\ndata: comes\n\n");
  expect(await first).toMatchObject({ value: { data: "comes" } });
  expect(heard.of("status")).toEqual(["open"]);
});

test("a schema: an error, and no event unchecked; with the next attempt it is there", async () => {
  await lose(FILES.check);
  const server = await startServer((exchange) => exchange.stream("retry: 1\nid: 1\ndata: 1\n\n"));
  const heard = listen(open(server.url, { schema: z.number().transform((data) => data * 2) }));
  await vi.waitFor(() => expect(heard.of("error")).toContainEqual(expect.objectContaining({ code: "network" })));
  expect(heard.data()).toEqual([]);
  await find(FILES.check);
  await vi.waitFor(() => expect(heard.data()[0]).toBe(2));
});

test("warnings and sharing: the stream does without", async () => {
  const asked = [await lose(FILES.late), await lose(FILES.share)];
  const server = await startServer((exchange) => exchange.stream("id: 1\ndata: 1\n\n"));
  const stream = open(server.url, { share: "tabs", identity: "me" });
  const heard = listen(stream);
  stream.on("warning", () => {});
  await vi.waitFor(() => expect(heard.data()).toEqual([1]));
  expect(heard.of("error")).toEqual([]);
  for (const times of asked) expect(times()).toBeGreaterThan(0);
});

test("history of who joins later: told to onError, and brought when the stream is live again", async () => {
  await lose(FILES.catchUp);
  const server = await startHubServer();
  const told: unknown[] = [];
  const client = createHubClient(server.url, () => ({ onError: (error) => told.push(error.message) }));
  const leave = [client.join({ topic: "a", onEvent() {} })];
  await expect.poll(() => client.connection.getSnapshot().status).toBe("open");
  await server.hub.publish("a", 1);
  const seen: unknown[] = [];
  leave.push(client.join({ topic: "a", start: 1, onEvent: ({ data }) => seen.push(data) }));
  await expect.poll(() => told).toContain("The network failed: no such file.");
  await server.hub.publish("a", 2);
  expect(seen).toEqual([]);
  await find(FILES.catchUp);
  client.connection.getSnapshot().restart();
  await expect.poll(() => seen).toEqual([2]);
  await server.hub.publish("a", 3);
  await expect.poll(() => seen).toEqual([2, 3]);
  for (const stop of leave) stop();
});
