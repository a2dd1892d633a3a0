import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createHub, type Hub, type HubOptions } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";
import { onTestFinished } from "vitest";

/** A hub behind `node:http`, which notes what it is asked for. */
export interface HubServer {
  readonly url: string;
  readonly hub: Hub;
  /** The topics of each request, and the id it came with. */
  readonly asked: { readonly topics: readonly string[]; readonly lastEventId: string | undefined }[];
  /** Streams that are open now. */
  open(): number;
  cut(): void;
}

export async function startHubServer(options: HubOptions = {}): Promise<HubServer> {
  const hub = createHub({ retry: 5, ...options });
  const stream = nodeHandler(hub);
  const asked: HubServer["asked"] = [];
  const sockets = new Set<IncomingMessage["socket"]>();
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? "/", "http://localhost");
    asked.push({
      topics: searchParams.getAll("topic"),
      lastEventId: request.headers["last-event-id"] as string | undefined,
    });
    sockets.add(request.socket);
    request.socket.once("close", () => sockets.delete(request.socket));
    stream(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await hub.close({ drain: 0 });
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    hub,
    asked,
    open: () => sockets.size,
    cut() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
