import { defineTopics, type EventOf, type TypesOf, typeOnly } from "@tidings/client";
import { TidingsProvider, typedHooks, useEventSource, useTopic as useUntypedTopic } from "@tidings/react";
import { type } from "arktype";
import type { ReactNode } from "react";
import * as v from "valibot";
import { expectTypeOf } from "vitest";
import { z } from "zod";

// Compiled, never run: each expected error is one that would otherwise show in front of a user.

const topics = defineTopics({
  "prices/*": z.object({ bid: z.number() }),
  "orders/*": { created: type({ total: "number" }), cancelled: v.object({ reason: v.string() }) },
  "times/*": z.iso.datetime().transform((text) => new Date(text)),
  status: typeOnly<"up" | "down">(),
});
type Declared = typeof topics;
const { useTopic, useLatest, useEventEffect } = typedHooks<Declared>();

export function Checked({ id }: { readonly id: string }): ReactNode {
  const orders = useTopic("orders/*", { limit: 10 });
  expectTypeOf(orders).toEqualTypeOf<readonly EventOf<Declared, "orders/*">[]>();
  for (const order of orders) {
    if (order.event === "created") expectTypeOf(order.data).toEqualTypeOf<{ total: number }>();
    else expectTypeOf(order.data).toEqualTypeOf<{ reason: string }>();
    // @ts-expect-error which of them it is must be asked first
    order.data.total;
  }
  const total = useTopic("orders/*", {
    initial: 0,
    reduce: (sum, event) => (event.event === "created" ? sum + event.data.total : sum),
  });
  expectTypeOf(total).toEqualTypeOf<number>();
  // @ts-expect-error the state is a number
  useTopic("orders/*", { initial: 0, reduce: (_: number, event) => event.event });
  useTopic("prices/A", { initial: [{ id: "e-1", event: "message", topic: "prices/A", data: { bid: 1 } }] });
  // @ts-expect-error a list of other events to begin with
  useTopic("prices/A", { initial: [{ id: "e-1", event: "message", topic: "prices/A", data: { bid: "1" } }] });

  expectTypeOf(useLatest("prices/ACME")).toEqualTypeOf<{ bid: number } | undefined>();
  expectTypeOf(useLatest(`prices/${id}`, { initial: { bid: 1 } })).toEqualTypeOf<{ bid: number } | undefined>();
  expectTypeOf(useLatest(id === "" ? null : "status")).toEqualTypeOf<"up" | "down" | undefined>();
  expectTypeOf(useLatest("times/noon")).toEqualTypeOf<Date | undefined>();
  // @ts-expect-error other data to begin with
  useLatest("prices/ACME", { initial: { bid: "1" } });
  // @ts-expect-error not declared
  useLatest("price/ACME");
  // @ts-expect-error not declared
  useTopic("order/*");

  useEventEffect("orders/1", (event) => {
    expectTypeOf(event.topic).toEqualTypeOf<"orders/1">();
    // @ts-expect-error no such event
    event.event === "changed";
  });
  // @ts-expect-error not declared
  useEventEffect("order/1", () => {});

  return (
    <TidingsProvider url="/events" schema={topics}>
      <TidingsProvider url="/events" schema={z.unknown()} />
      {/* @ts-expect-error not made by defineTopics */}
      <TidingsProvider url="/events" schema={{ "prices/*": z.number() }} />
    </TidingsProvider>
  );
}

const trusted = typedHooks<TypesOf<Declared>>();

export function Trusted(): ReactNode {
  expectTypeOf(trusted.useLatest("times/noon")).toEqualTypeOf<string | undefined>();
  expectTypeOf(trusted.useLatest("prices/ACME")).toEqualTypeOf<{ bid: number } | undefined>();
  return null;
}

export function Untyped(): ReactNode {
  expectTypeOf(useUntypedTopic<{ bid: number }>("anything")[0]?.data).toEqualTypeOf<{ bid: number } | undefined>();
  const { data } = useEventSource("/any", { schema: z.object({ bid: z.number() }) });
  expectTypeOf(data).toEqualTypeOf<{ bid: number } | undefined>();
  return null;
}
