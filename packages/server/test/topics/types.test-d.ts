import type { Published } from "@tidings/server";
import { createHub, defineTopics, type Hub, type TypedHub, typeOnly } from "@tidings/server";
import { expressHandler } from "@tidings/server/express";
import { nodeHandler } from "@tidings/server/node";
import { type } from "arktype";
import * as v from "valibot";
import { expectTypeOf } from "vitest";
import { z } from "zod";

// Compiled, never run: each expected error is one that would otherwise go out to readers.

const topics = defineTopics({
  "prices/*": z.object({ bid: z.number() }),
  "prices/special": v.object({ special: v.boolean() }),
  "orders/*": { created: type({ total: "number" }), cancelled: z.object({ reason: z.string() }) },
  "chats/**": { message: v.string(), typing: typeOnly<{ who: string }>() },
  status: z.enum(["up", "down"]),
  "times/*": z.iso.datetime().transform((text) => new Date(text)),
});

const hub = createHub({ topics });
expectTypeOf(hub).toEqualTypeOf<TypedHub<typeof topics>>();

// One schema for all events of a topic: any name, or none.
expectTypeOf(hub.publish("prices/ACME", { bid: 1 })).toEqualTypeOf<Promise<Published>>();
hub.publish("prices/ACME", { bid: 1 }, { event: "tick", idempotencyKey: "k", end: true });
hub.publish("status", "up");
// @ts-expect-error a wrong type, at its place
hub.publish("prices/ACME", { bid: "1" });
// @ts-expect-error what is missing
hub.publish("prices/ACME", {});
// @ts-expect-error what is too much
hub.publish("prices/ACME", { bid: 1, ask: 2 });
// @ts-expect-error not one of the values
hub.publish("status", "sideways");
// @ts-expect-error data is needed
hub.publish("prices/ACME");
// @ts-expect-error an option that does not exist
hub.publish("prices/ACME", { bid: 1 }, { key: "k" });

// The most specific name decides.
hub.publish("prices/special", { special: true });
// @ts-expect-error by the pattern alone this would be right
hub.publish("prices/special", { bid: 1 });

// What is not declared.
// @ts-expect-error no such topic
hub.publish("price/ACME", { bid: 1 });
// @ts-expect-error two levels where the pattern has one
hub.publish("prices/ACME/bid", { bid: 1 });
// @ts-expect-error a topic that is known only at run time; `hub as Hub` takes it
hub.publish("prices/ACME" as string, { bid: 1 });

// A topic put together from a part.
const symbol: string = "ACME";
hub.publish(`prices/${symbol}`, { bid: 1 });
// @ts-expect-error wrong data there too
hub.publish(`prices/${symbol}`, { bid: "1" });
// @ts-expect-error none that begins so
hub.publish(`price/${symbol}`, { bid: 1 });

// Events declared one by one: the name decides on the data, and may not be left out.
hub.publish("orders/1", { total: 9 }, { event: "created" });
hub.publish("orders/1", { reason: "late" }, { event: "cancelled", end: true });
// @ts-expect-error the data of another event
hub.publish("orders/1", { reason: "late" }, { event: "created" });
// @ts-expect-error a wrong type
hub.publish("orders/1", { total: "9" }, { event: "created" });
// @ts-expect-error no such event
hub.publish("orders/1", { total: 9 }, { event: "changed" });
// @ts-expect-error no event without a name is declared
hub.publish("orders/1", { total: 9 });
// @ts-expect-error nor with options that name none
hub.publish("orders/1", { total: 9 }, { end: true });

// `message` is the event without a name.
hub.publish("chats/a/b", "hello");
hub.publish("chats/a/b", "hello", { event: "message" });
hub.publish("chats/a", { who: "me" }, { event: "typing" });
// @ts-expect-error the data of another event
hub.publish("chats/a", { who: "me" });
// @ts-expect-error the data of another event
hub.publish("chats/a", "hello", { event: "typing" });

// What a schema takes, not what it gives out, is published.
hub.publish("times/noon", "2026-01-31T12:00:00Z");
// @ts-expect-error what readers get out of it
hub.publish("times/noon", new Date());

hub.end("orders/1");
hub.end("orders/1", { idempotencyKey: "k" });
// @ts-expect-error not declared
hub.end("order/1");

hub.publishBatch([
  { topic: "prices/ACME", data: { bid: 1 } },
  { topic: "orders/1", event: "created", data: { total: 9 }, idempotencyKey: "k" },
  { topic: "chats/a", data: "hello" },
]);
// @ts-expect-error wrong data
hub.publishBatch([{ topic: "orders/1", event: "created", data: { total: "9" } }]);
// @ts-expect-error an event that must be named
hub.publishBatch([{ topic: "orders/1", data: { total: 9 } }]);
// @ts-expect-error not declared
hub.publishBatch([{ topic: "order/1", data: { total: 9 } }]);

declare const prices: AsyncIterable<{ bid: number }>;
hub.pipe("prices/ACME", prices, { end: true, event: "tick" });
// @ts-expect-error a source of something else
hub.pipe("status", prices);
// @ts-expect-error an event that must be named
hub.pipe("orders/1", prices);
declare const orders: AsyncIterable<{ total: number }>;
hub.pipe("orders/1", orders, { event: "created" });
// @ts-expect-error a source of another event
hub.pipe("orders/1", orders, { event: "cancelled" });

// A typed hub is a hub.
const any: Hub = hub;
any.publish("prices/ACME" as string, {} as unknown);
expressHandler(hub, { topics: ["prices/*"] });
nodeHandler(hub);

// Types of unions of parts.
declare const side: "prices/a" | "prices/b";
hub.publish(side, { bid: 1 });

// Everything else may be declared too.
const rest = createHub({ topics: defineTopics({ "**": typeOnly<unknown>(), status: z.literal("up") }) });
rest.publish("anything/at/all" as string, 1);
rest.publish("status", "up");
// @ts-expect-error declared more closely
rest.publish("status", "down");

// Without a declaration all stays as it is.
expectTypeOf(createHub()).toEqualTypeOf<Hub>();
expectTypeOf(createHub({ retry: 1 })).toEqualTypeOf<Hub>();
createHub().publish("anything", { at: "all" });
createHub().publish("anything" as string, undefined as unknown, { event: "any" });

// @ts-expect-error not a schema
defineTopics({ "prices/*": { bid: "number" } });
// @ts-expect-error not a schema
defineTopics({ "prices/*": 1 });
// @ts-expect-error not made by defineTopics
createHub({ topics: { "prices/*": z.number() } });
