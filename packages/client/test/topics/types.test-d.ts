import {
  connect,
  defineTopics,
  type EventOf,
  type EventStream,
  hasTopic,
  type StreamEvent,
  type TypedEventStream,
  typeOnly,
  typesOf,
} from "@tidings/client";
import { type } from "arktype";
import * as v from "valibot";
import { expectTypeOf } from "vitest";
import { z } from "zod";

// Compiled, never run: each expected error is one that would otherwise show in front of a user.

const topics = defineTopics({
  "prices/*": z.object({ bid: z.number() }),
  "prices/special": v.object({ special: v.boolean() }),
  "orders/*": { created: type({ total: "number" }), cancelled: z.object({ reason: z.string() }) },
  "chats/**": { message: v.string(), typing: typeOnly<{ who: string }>() },
  status: z.enum(["up", "down"]),
  "times/*": z.iso.datetime().transform((text) => new Date(text)),
});
type Declared = typeof topics;

// A pattern, one schema: any event name.
const prices = connect("/events", { topics: ["prices/*", "status"], schema: topics });
expectTypeOf(prices).toEqualTypeOf<TypedEventStream<Declared, "prices/*" | "status">>();
for await (const event of prices) {
  expectTypeOf(event.id).toEqualTypeOf<string>();
  expectTypeOf(event.topic).toEqualTypeOf<`prices/${string}` | "prices/special" | "status">();
  // @ts-expect-error which of them it is must be asked first
  event.data.bid;
  if (event.topic === "status") {
    expectTypeOf(event.data).toEqualTypeOf<"up" | "down">();
    // @ts-expect-error not one of the values
    event.data === "sideways";
  } else if (hasTopic(event, "prices/special")) {
    expectTypeOf(event.data).toEqualTypeOf<{ special: boolean }>();
  } else {
    expectTypeOf(event.data).toEqualTypeOf<{ bid: number }>();
  }
  // @ts-expect-error a topic that was not asked for
  event.topic === "stock/1";
}

// Events declared one by one are told apart by their name.
const orders = connect("/events", { topics: ["orders/*"], schema: topics });
orders.on("event", (event) => {
  expectTypeOf(event.topic).toEqualTypeOf<`orders/${string}`>();
  expectTypeOf(event.event).toEqualTypeOf<"created" | "cancelled">();
  switch (event.event) {
    case "created":
      expectTypeOf(event.data).toEqualTypeOf<{ total: number }>();
      // @ts-expect-error the data of the other event
      event.data.reason;
      break;
    case "cancelled":
      expectTypeOf(event.data).toEqualTypeOf<{ reason: string }>();
      break;
    // @ts-expect-error no such event
    case "changed":
      break;
    default:
      expectTypeOf(event).toBeNever();
  }
});
orders.on("gap", (gap) => expectTypeOf(gap.resumesAt).toEqualTypeOf<string>());
orders.on("error", (error) => expectTypeOf(error.field).toEqualTypeOf<string | undefined>());

// By topic and event together.
const both = connect("/events", { topics: ["orders/42", "chats/**"], schema: topics });
both.on("event", (event) => {
  if (event.topic === "orders/42") {
    expectTypeOf(event.event).toEqualTypeOf<"created" | "cancelled">();
    if (event.event === "created") expectTypeOf(event.data).toEqualTypeOf<{ total: number }>();
  }
  if (hasTopic(event, "chats/**")) {
    expectTypeOf(event.event).toEqualTypeOf<"message" | "typing">();
    if (event.event === "message") expectTypeOf(event.data).toEqualTypeOf<string>();
  }
  if (hasTopic(event, "chats/a")) expectTypeOf(event.topic).toEqualTypeOf<"chats/a">();
  if (event.event === "typing") expectTypeOf(event.data).toEqualTypeOf<{ who: string }>();
});

// The most specific name decides, for a topic that is known to the letter.
expectTypeOf<EventOf<Declared, "prices/special">["data"]>().toEqualTypeOf<{ special: boolean }>();
expectTypeOf<EventOf<Declared, "prices/ACME">["data"]>().toEqualTypeOf<{ bid: number }>();
expectTypeOf<EventOf<Declared, "prices/ACME">["topic"]>().toEqualTypeOf<"prices/ACME">();
// A wider pattern, a narrower one, and all.
expectTypeOf<EventOf<Declared, "prices/**">["topic"]>().toEqualTypeOf<`prices/${string}` | "prices/special">();
expectTypeOf<EventOf<Declared, "*/ACME">["data"]>().toEqualTypeOf<
  { bid: number } | { total: number } | { reason: string } | string | { who: string } | Date
>();
expectTypeOf<EventOf<Declared>["topic"]>().toEqualTypeOf<
  `prices/${string}` | "prices/special" | `orders/${string}` | `chats/${string}` | "status" | `times/${string}`
>();

// Readers get what schemas give out; who trusts the publisher gets what schemas take.
const times = connect("/events", { topics: ["times/*"], schema: topics });
times.on("event", ({ data }) => expectTypeOf(data).toEqualTypeOf<Date>());
const trusted = connect("/events", { topics: ["times/*"], schema: typesOf<Declared>() });
trusted.on("event", ({ data }) => expectTypeOf(data).toEqualTypeOf<string>());
const trustedOrders = connect("/events", { topics: ["orders/*"], schema: typesOf<Declared>() });
trustedOrders.on("event", (event) => {
  if (event.event === "created") expectTypeOf(event.data).toEqualTypeOf<{ total: number }>();
});

// What is not declared cannot be asked for.
// @ts-expect-error no such topic
connect("/events", { topics: ["price/ACME"], schema: topics });
// @ts-expect-error one of two
connect("/events", { topics: ["prices/*", "price/*"], schema: topics });
// @ts-expect-error nothing of two levels is declared under it
connect("/events", { topics: ["orders/1/lines"], schema: topics });
// @ts-expect-error data are JSON
connect("/events", { topics: ["status"], schema: topics, raw: true });

// Topics that change stay among those that were named; a wider type leaves them open.
prices.setTopics(["status"]);
// @ts-expect-error not among them
prices.setTopics(["orders/*"]);
const open = connect("/events", { topics: [] as ("prices/ACME" | "status")[], schema: topics });
open.setTopics(["prices/ACME", "status"]);
const some: string[] = ["prices/*"];
const any = connect("/events", { topics: some, schema: topics });
expectTypeOf(any).toEqualTypeOf<TypedEventStream<Declared, string>>();
any.on("event", (event) => expectTypeOf(event).toEqualTypeOf<EventOf<Declared>>());
const chosen = connect("/events", { schema: topics });
chosen.on("event", (event) => expectTypeOf(event).toEqualTypeOf<EventOf<Declared>>());
const id: string = "42";
connect("/events", { topics: [`orders/${id}`], schema: topics }).on("event", (event) => {
  expectTypeOf(event.event).toEqualTypeOf<"created" | "cancelled">();
});

// A typed stream is a stream, and its events are events.
expectTypeOf(prices).toExtend<EventStream>();
expectTypeOf<EventOf<Declared, "orders/*">>().toExtend<StreamEvent>();

// Without a declaration all stays as it is.
expectTypeOf(connect("/events")).toEqualTypeOf<EventStream>();
expectTypeOf(connect("/events", { topics: ["anything"], raw: true })).toEqualTypeOf<EventStream>();
expectTypeOf(connect<{ bid: number }>("/events", { topics: ["anything"] })).toEqualTypeOf<
  EventStream<{ bid: number }>
>();
expectTypeOf(connect("/events", { schema: z.object({ bid: z.number() }) })).toEqualTypeOf<
  EventStream<{ bid: number }>
>();
connect("/events").on("event", (untyped) => {
  if (hasTopic(untyped, "prices/*")) expectTypeOf(untyped.topic).toEqualTypeOf<`prices/${string}`>();
  expectTypeOf(untyped.data).toEqualTypeOf<unknown>();
});
