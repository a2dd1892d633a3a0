import type { Hub } from "@tidings/server";
import { changeFeed, type Statement } from "./change-feed.ts";
import { type KafkaConsumer, messagesOf } from "./kafka.ts";
import { ticker } from "./ticker.ts";

/** Where the events come from. */
export interface Sources {
  readonly select: Statement;
  readonly consumer: KafkaConsumer;
}

/** Forwards a stock ticker, a database and a Kafka topic, until `signal` fires; rejects with its reason. */
export async function forward(hub: Hub, { select, consumer }: Sources, signal: AbortSignal): Promise<void> {
  // #region forward
  await Promise.all([
    hub.pipe("stocks/ACME", ticker("ACME", 1_000, signal), { event: "quote", signal }),
    hub.pipe("changes", changeFeed(select, 0, signal), { event: "change", signal }),
    hub.pipe("orders", messagesOf(consumer, signal), { event: "order", signal }),
  ]);
  // #endregion forward
}

/** Forwards a database from a change that may have been published already, and stores none of them twice. */
export async function forwardOnce(hub: Hub, select: Statement, after: number, signal: AbortSignal): Promise<void> {
  // #region once
  for await (const change of changeFeed(select, after, signal)) {
    await hub.publish("changes", change, { event: "change", idempotencyKey: `change-${change.id}` });
  }
  // #endregion once
}
