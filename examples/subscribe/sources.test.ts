import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHub, type Hub } from "@tidings/server";
import { expressHandler } from "@tidings/server/express";
import { createParser, type ParsedEvent } from "@tidings/wire";
import express from "express";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Statement } from "./change-feed.ts";
import type { KafkaConsumer, KafkaPayload } from "./kafka.ts";
import { forward, forwardOnce } from "./sources.ts";

let hub: Hub;
let stop: AbortController;
let url: string;
let folder: string;
let database: Database;
const cleanUp: (() => unknown)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidings-sources-"));
  database = openDatabase(join(folder, "shop.db"));
  hub = createHub();
  stop = new AbortController();
  const app = express();
  // #region endpoint
  app.get("/subscribe", expressHandler(hub, { topics: ["stocks/*", "changes", "orders"] }));
  // #endregion endpoint
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/subscribe`;
  cleanUp.push(
    () => stop.abort(),
    () => hub.close(),
    () => new Promise((resolve) => server.close(resolve)),
    () => database.close(),
    () => rm(folder, { recursive: true }),
  );
});

afterEach(async () => {
  for (const step of cleanUp.splice(0)) await step();
});

test("a ticker, a change feed and a Kafka topic reach a reader of one endpoint", async () => {
  const consumer = createConsumer();
  const reader = await listen();
  const forwarding = forward(hub, { select: database.changes, consumer }, stop.signal);
  await consumer.running;

  for (const row of ["one", "two", "three"]) database.insert(row);
  for (const order of ["a", "b", "c"]) consumer.deliver(order);
  const events = await reader.until(
    (all) => count(all, "quote") >= 1 && count(all, "change") === 3 && count(all, "order") === 3,
  );

  expect(JSON.parse(first(events, "quote").data)).toMatchObject({ symbol: "ACME", price: expect.any(Number) });
  expect(first(events, "quote").topic).toBe("stocks/ACME");
  const changes = events.filter(({ event }) => event === "change").map(({ data }) => JSON.parse(data));
  expect(changes.map(({ row }) => row)).toEqual(["one", "two", "three"]);
  expect(changes.map(({ id }) => id)).toEqual([1, 2, 3]);
  expect(events.filter(({ event }) => event === "order").map(({ data }) => data)).toEqual(["a", "b", "c"]);
  // Kafka commits what was published, and had to wait with each until it was.
  expect(consumer.mostInHand).toBe(1);
  expect(consumer.committed).toEqual(["a", "b", "c"]);

  stop.abort();
  await expect(forwarding).rejects.toBe(stop.signal.reason);
  await consumer.stopped;
});

test("a message that could not be published is not committed", async () => {
  const consumer = createConsumer();
  const forwarding = forward(hub, { select: database.changes, consumer }, stop.signal);
  await consumer.running;
  await hub.end("orders");
  consumer.deliver("too late");
  await expect(forwarding).rejects.toMatchObject({ code: "topic_ended" });
  await consumer.stopped;
  expect(consumer.committed).toEqual([]);
  expect(consumer.refused).toEqual(["too late"]);
});

test("a feed that begins too early stores no change twice", async () => {
  for (const row of ["one", "two", "three"]) database.insert(row);
  const reader = await listen();
  const firstRun = new AbortController();
  const running = forwardOnce(hub, database.changes, 0, firstRun.signal);
  await reader.until((all) => count(all, "change") === 3);
  firstRun.abort();
  await running;

  database.insert("four");
  const again = forwardOnce(hub, database.changes, 1, stop.signal);
  const events = await reader.until((all) => count(all, "change") >= 4);
  const rows = events.filter(({ event }) => event === "change").map(({ data }) => JSON.parse(data).row);
  expect(rows).toEqual(["one", "two", "three", "four"]);
  stop.abort();
  await again;
});

interface Database {
  readonly changes: Statement;
  insert(row: string): void;
  close(): void;
}

/** A real database with whichever driver this Node has. */
function openDatabase(path: string): Database {
  const require = createRequire(import.meta.url);
  const isBuiltIn = Number(process.versions.node.split(".")[0]) >= 24;
  const Driver = isBuiltIn ? require("node:sqlite").DatabaseSync : require("better-sqlite3");
  const database = new Driver(path);
  database.exec('CREATE TABLE changes (id INTEGER PRIMARY KEY, "table" TEXT NOT NULL, row TEXT NOT NULL)');
  const insert = database.prepare('INSERT INTO changes ("table", row) VALUES (?, ?)');
  return {
    changes: database.prepare('SELECT id, "table", row FROM changes WHERE id > ? ORDER BY id LIMIT 100'),
    insert: (row) => insert.run("orders", row),
    close: () => database.close(),
  };
}

/** One partition, consumed as kafkajs does it: a message is handed over when the one before it has settled. */
function createConsumer() {
  const waiting: string[] = [];
  const committed: string[] = [];
  const refused: string[] = [];
  let inHand = 0;
  let mostInHand = 0;
  let eachMessage: ((payload: KafkaPayload) => Promise<void>) | undefined;
  let isRunning = () => {};
  let isStopped = () => {};
  const running = new Promise<void>((resolve) => {
    isRunning = resolve;
  });
  const stopped = new Promise<void>((resolve) => {
    isStopped = resolve;
  });

  async function next(): Promise<void> {
    const value = waiting[0];
    if (value === undefined || inHand > 0 || eachMessage === undefined) return;
    waiting.shift();
    inHand++;
    mostInHand = Math.max(mostInHand, inHand);
    const message = { key: null, value: Buffer.from(value), offset: String(committed.length) };
    await eachMessage({ partition: 0, message }).then(
      () => committed.push(value),
      () => refused.push(value),
    );
    inHand--;
    await next();
  }

  return {
    running,
    stopped,
    committed,
    refused,
    get mostInHand() {
      return mostInHand;
    },
    deliver(value: string) {
      waiting.push(value);
      void next();
    },
    async run(config) {
      eachMessage = config.eachMessage;
      isRunning();
      void next();
    },
    async stop() {
      eachMessage = undefined;
      isStopped();
    },
  } satisfies KafkaConsumer & Record<string, unknown>;
}

/** A reader that is connected when this settles. */
async function listen(): Promise<{
  until(enough: (events: readonly ParsedEvent[]) => boolean): Promise<readonly ParsedEvent[]>;
}> {
  const response = await fetch(url);
  const events: ParsedEvent[] = [];
  const parser = createParser({ onEvent: (event) => void events.push(event) });
  const chunks = (response.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  async function until(enough: (events: readonly ParsedEvent[]) => boolean): Promise<readonly ParsedEvent[]> {
    while (!enough(events)) {
      const { done, value } = await chunks.next();
      if (done) throw new Error("The stream ended early.");
      parser.feed(value);
    }
    return events;
  }
  await until((all) => count(all, "tidings:live") === 1);
  return { until };
}

function count(events: readonly ParsedEvent[], name: string): number {
  return events.filter(({ event }) => event === name).length;
}

function first(events: readonly ParsedEvent[], name: string): ParsedEvent {
  const found = events.find(({ event }) => event === name);
  if (found === undefined) throw new Error(`No ${name} came.`);
  return found;
}
