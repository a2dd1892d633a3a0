import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createHub } from "@tidings/server";
import { type NodeRequest, nodeHandler } from "@tidings/server/node";
import { expect, test } from "vitest";
import { request } from "./raw.ts";

test("a reader who ends its side while it is decided on brings nothing down", async () => {
  const hub = createHub();
  let found: string | undefined;
  const authorize = ({ socket }: NodeRequest) =>
    new Promise<boolean>((resolve) => {
      // When node:http has ended its own side and the socket is not gone yet: what is written now fails.
      (socket as Socket).once("end", () => {
        found = `writable ${(socket as Socket).writable}, destroyed ${(socket as Socket).destroyed}`;
        resolve(true);
      });
    });
  const server = createServer(nodeHandler(hub, { authorize })).listen(0, "127.0.0.1");
  await once(server, "listening");
  const reader = connect((server.address() as AddressInfo).port, "127.0.0.1");
  reader.end(request("/events?topic=news"));
  reader.resume();

  await once(reader, "close");
  // An error without a listener would fail the whole run.
  await new Promise((resolve) => setImmediate(resolve));

  expect(found).toBe("writable false, destroyed false");
  expect(hub.status().connections).toBe(0);
  await hub.close({ drain: 0 });
  server.close();
  await once(server, "close");
});
