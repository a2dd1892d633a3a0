// Read by the type checker only. Each expected error must be one.

import type { ClientError, StreamEvent } from "@tidings/client";
import { loadTopic } from "@tidings/client/store";
import { TidingsProvider, useConnection, useEventEffect, useEventSource, useLatest, useTopic } from "@tidings/react";
import type { ReactNode } from "react";
import { expectTypeOf } from "vitest";

interface Price {
  readonly amount: number;
}

export function Topics(): ReactNode {
  expectTypeOf(useTopic("news")).toEqualTypeOf<readonly StreamEvent<unknown>[]>();
  expectTypeOf(useTopic<Price>("news", { limit: 3, last: 2 })).toEqualTypeOf<readonly StreamEvent<Price>[]>();
  expectTypeOf(useTopic<Price>(null)).toEqualTypeOf<readonly StreamEvent<Price>[]>();
  expectTypeOf(
    useTopic("prices/*", { initial: 0, reduce: (sum: number, { data }: StreamEvent<Price>) => sum + data.amount }),
  ).toEqualTypeOf<number>();
  expectTypeOf(
    useTopic<Price, Map<string, Price>>("prices/*", {
      initial: new Map(),
      reduce: (prices, { topic = "", data }) => new Map(prices).set(topic, data),
      onGap: async () => ({ initial: new Map() }),
    }),
  ).toEqualTypeOf<Map<string, Price>>();
  useTopic<Price>("news", { onGap: () => loadTopic<Price>("/events", "news") });
  useTopic<Price>("news", { onGap: () => {} });
  useTopic<Price>("news", { onGap: async ({ resumesAt }) => ({ initial: [], lastEventId: resumesAt }) });
  useTopic<Price>("news", { initial: undefined, lastEventId: undefined, limit: undefined });

  // @ts-expect-error a reduction begins with something
  useTopic("news", { reduce: (sum: number) => sum });
  // @ts-expect-error a list begins with events
  useTopic<Price>("news", { initial: [{ amount: 1 }] });
  // @ts-expect-error a limit is a number
  useTopic("news", { limit: "3" });
  // @ts-expect-error an undefined topic is a mistake; null is none
  useTopic(undefined);
  // @ts-expect-error what mends a gap is a list of the same events
  useTopic<Price>("news", { onGap: async () => ({ initial: [{ id: "1" }] }) });
  return null;
}

export function Latest(): ReactNode {
  expectTypeOf(useLatest<Price>("prices/ACME")).toEqualTypeOf<Price | undefined>();
  expectTypeOf(useLatest<Price>("prices/ACME", { initial: { amount: 1 }, lastEventId: "1" })).toEqualTypeOf<
    Price | undefined
  >();
  // @ts-expect-error it begins with the latest
  useLatest<Price>("prices/ACME", { last: 3 });
  // @ts-expect-error of another type
  useLatest<Price>("prices/ACME", { initial: "1" });
  return null;
}

export function Effects(): ReactNode {
  useEventEffect<Price>("prices/*", ({ data, topic }) => {
    expectTypeOf(data).toEqualTypeOf<Price>();
    expectTypeOf(topic).toEqualTypeOf<string | undefined>();
  });
  // @ts-expect-error a handler is needed
  useEventEffect("prices/*");
  return null;
}

export function Connection(): ReactNode {
  const { status, error, live, gap, restart } = useConnection();
  expectTypeOf(status).toEqualTypeOf<"connecting" | "open" | "waiting" | "offline" | "closed">();
  expectTypeOf(error).toEqualTypeOf<ClientError | undefined>();
  expectTypeOf(live).toEqualTypeOf<boolean>();
  expectTypeOf(gap?.reason).toEqualTypeOf<"trimmed" | "reset" | "unknown" | undefined>();
  expectTypeOf(restart).toEqualTypeOf<() => void>();
  return null;
}

export function Sources(): ReactNode {
  const { data, lastEvent, events, close } = useEventSource<Price>(new URL("http://localhost:5000/addClient"), {
    limit: 10,
    method: "POST",
    body: "x",
    onEvent: ({ data }) => expectTypeOf(data).toEqualTypeOf<Price>(),
  });
  expectTypeOf(data).toEqualTypeOf<Price | undefined>();
  expectTypeOf(lastEvent).toEqualTypeOf<StreamEvent<Price> | undefined>();
  expectTypeOf(events).toEqualTypeOf<readonly StreamEvent<Price>[]>();
  expectTypeOf(close).toEqualTypeOf<() => void>();
  expectTypeOf(useEventSource("/events").data).toEqualTypeOf<unknown>();
  // @ts-expect-error the hook closes by itself, and by close()
  useEventSource("/events", { signal: new AbortController().signal });
  return null;
}

export function Providers(): ReactNode {
  return (
    <>
      <TidingsProvider url="/events" headers={{ authorization: "x" }} share="tabs" identity="ada" onError={() => {}}>
        text
      </TidingsProvider>
      {/* @ts-expect-error where is the hub? */}
      <TidingsProvider />
      {/* @ts-expect-error topics come from hooks */}
      <TidingsProvider url="/events" topics={["a"]} />
      {/* @ts-expect-error where to start is said per topic */}
      <TidingsProvider url="/events" lastEventId="1" />
    </>
  );
}
