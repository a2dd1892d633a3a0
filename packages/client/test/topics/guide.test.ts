import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect, hasTopic, typesOf } from "@tidings/client";
import { createHub, TidingsError } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";
import { expect, test } from "vitest";
import { topics } from "./guide.topics.ts";

// What docs/guides/typed-topics.md shows, run.

test("the guide does what it says", async () => {
  // #region hub
  const hub = createHub({ topics });
  // #endregion hub
  const server = createServer(nodeHandler(hub));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;

  // #region publish
  await hub.publish("prices/ACME", { bid: 9.5, ask: 9.75 });
  await hub.publish("orders/42", { total: 9, at: "2026-01-31T12:00:00Z" }, { event: "created" });
  // #endregion publish

  const told: unknown[] = [];
  const show = (...shown: unknown[]): number => told.push(...shown);
  const body: unknown = { total: "9", at: "2026-01-31T12:00:00Z" };
  // #region refused
  try {
    await hub.publish("orders/42", body as { total: number; at: string }, { event: "created" });
  } catch (error) {
    if (!(error instanceof TidingsError) || error.code !== "invalid_data") throw error;
    show(error.field); // "data.total"
  }
  // #endregion refused
  expect(told.splice(0)).toEqual(["data.total"]);

  const options = { from: "earliest" };
  // #region listen
  const stream = connect(url, { ...options, topics: ["prices/*", "orders/42"], schema: topics });
  stream.on("error", (error) => show(error.code, error.field)); // "invalid_data", "total"

  for await (const event of stream) {
    if (hasTopic(event, "prices/*")) {
      show(event.topic, event.data.bid);
    } else if (event.event === "created") {
      show(event.data.total, event.data.at.getUTCFullYear());
      break;
    }
  }
  // #endregion listen
  expect(told.splice(0)).toEqual(["prices/ACME", 9.5, 9, 2026]);

  // #region types
  const trusted = connect(url, { ...options, topics: ["orders/*"], schema: typesOf<typeof topics>() });
  // #endregion types
  for await (const event of trusted) {
    if (event.event === "created") show(event.data.at.length);
    break;
  }
  expect(told).toEqual([20]);

  await hub.close();
  await new Promise((resolve) => server.close(resolve));
});
