import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type ClientError,
  connect,
  defineTopics,
  hasTopic,
  type StreamEvent,
  typeOnly,
  typesOf,
} from "@tidings/client";
import { createHub, type Hub } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";
import { type } from "arktype";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";

// A hub that checks nothing, so that readers get what they have to refuse.

const topics = defineTopics({
  "prices/*": z.object({ bid: z.number(), levels: z.array(z.object({ size: z.number() })).optional() }),
  "quotes/*": v.object({ bid: v.number(), levels: v.optional(v.array(v.object({ size: v.number() }))) }),
  "trades/*": type({ bid: "number", "levels?": type({ size: "number" }).array() }),
  "prices/special": z.literal("special"),
  "orders/*": { created: z.object({ total: z.number() }), message: z.string() },
  "times/*": z.iso.datetime().transform((text) => new Date(text)),
  "slow/*": v.pipeAsync(
    v.number(),
    v.checkAsync(async (value) => value >= 0),
  ),
  "jobs/*": typeOnly<{ state: string }>(),
});

let hub: Hub;
let url: string;
let close: () => Promise<void>;

beforeEach(async () => {
  hub = createHub();
  const server = createServer(
    nodeHandler(hub, {
      onConnect: (connection) => {
        connection.send("Welcome");
      },
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
  close = async () => {
    await hub.close();
    await new Promise((resolve) => server.close(resolve));
  };
});
afterEach(() => close());

interface Heard {
  readonly events: StreamEvent[];
  readonly errors: ClientError[];
}

/** Listens to everything there is, and to what is wrong with it, until `count` of both have come. */
async function hear(schema: typeof topics, count: number): Promise<Heard> {
  const heard: Heard = { events: [], errors: [] };
  const stream = connect(url, { topics: ["**"] as string[], from: "earliest", schema });
  stream.on("event", (event) => heard.events.push(event));
  stream.on("error", (error) => heard.errors.push(error));
  await vi.waitFor(() => expect(heard.events.length + heard.errors.length).toBe(count));
  stream.close();
  return heard;
}

describe("a reader of declared topics", () => {
  test.each(["prices/A", "quotes/A", "trades/A"])(
    "drops what is not as declared, and is told where: %s",
    async (topic) => {
      await hub.publish(topic, { bid: 1 });
      await hub.publish(topic, { bid: "1" });
      await hub.publish(topic, { bid: 1, levels: [{ size: 1 }, {}] });
      await hub.publish(topic, "1");
      await hub.publish(topic, { bid: 2 });
      const { events, errors } = await hear(topics, 6);
      expect(events.map(({ data }) => data)).toEqual([{ bid: 1 }, { bid: 2 }]);
      expect(errors.map(({ code, field }) => [code, field])).toEqual([
        ["invalid_data", "topic"],
        ["invalid_data", "bid"],
        ["invalid_data", "levels.1.size"],
        ["invalid_data", ""],
      ]);
    },
  );

  test("asks the most specific schema, and that of the event", async () => {
    await hub.publish("prices/special", "special");
    await hub.publish("prices/special", { bid: 1 });
    await hub.publish("orders/1", { total: 9 }, { event: "created" });
    await hub.publish("orders/1", "note");
    await hub.publish("orders/1", { total: 9 });
    await hub.publish("jobs/1", 42);
    const { events, errors } = await hear(topics, 7);
    expect(events.map(({ topic, event, data }) => [topic, event, data])).toEqual([
      ["prices/special", "message", "special"],
      ["orders/1", "created", { total: 9 }],
      ["orders/1", "message", "note"],
      ["jobs/1", "message", 42],
    ]);
    expect(errors.map(({ field }) => field)).toEqual(["topic", "", ""]);
  });

  test("drops what is not declared: a topic, an event, and a greeting, which has no topic", async () => {
    await hub.publish("price/A", { bid: 1 });
    await hub.publish("orders/1", 1, { event: "changed" });
    const { events, errors } = await hear(topics, 3);
    expect(events).toEqual([]);
    expect(errors.map(({ code, field, message }) => [code, field, message])).toEqual([
      ["invalid_data", "topic", "Dropped: the topic is not declared."],
      ["invalid_data", "topic", "Dropped: the topic is not declared."],
      ["invalid_data", "event", "Dropped: the event is not declared."],
    ]);
  });

  test("gets what schemas give out, in order also where one answers later", async () => {
    await hub.publish("slow/1", 1);
    await hub.publish("times/noon", "2026-01-31T12:00:00Z");
    await hub.publish("slow/1", -1);
    await hub.publish("slow/1", 2);
    const { events, errors } = await hear(topics, 5);
    expect(events.map(({ data }) => data)).toEqual([1, new Date("2026-01-31T12:00:00Z"), 2]);
    expect(errors.map(({ field }) => field)).toEqual(["topic", ""]);
  });

  test("resumes after what it dropped", async () => {
    await hub.publish("prices/A", "wrong");
    const stream = connect(url, { topics: ["prices/*"], from: "earliest", schema: topics });
    const { id } = await hub.publish("prices/A", "wrong too");
    await vi.waitFor(() => expect(stream.lastEventId).toBe(id));
    stream.close();
  });

  test("that has the types alone gets all, as it was published", async () => {
    await hub.publish("times/noon", "2026-01-31T12:00:00Z");
    await hub.publish("price/A", { bid: 1 });
    const { events, errors } = await hear(typesOf<typeof topics>() as never, 3);
    expect(events.map(({ data }) => data)).toEqual(["Welcome", "2026-01-31T12:00:00Z", { bid: 1 }]);
    expect(errors).toEqual([]);
  });
});

test("one declaration from publisher to reader", async () => {
  const prices = createHub({ topics });
  const server = createServer(nodeHandler(prices));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await prices.publish("orders/1", "42");
  await prices.publish("orders/1", { total: 9 }, { event: "created" });
  await prices.publish("prices/ACME", { bid: 1.5 });
  const seen: unknown[] = [];
  for await (const event of connect(address, { topics: ["orders/*", "prices/*"], from: "earliest", schema: topics })) {
    if (hasTopic(event, "prices/*")) {
      seen.push(event.data);
      break;
    }
    // A string is JSON too, so that "42" is no number.
    if (event.event === "message") seen.push(event.data.length);
    else seen.push(event.data.total);
  }
  expect(seen).toEqual([2, 9, { bid: 1.5 }]);
  await prices.close();
  await new Promise((resolve) => server.close(resolve));
});
