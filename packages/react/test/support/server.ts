import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createHub, type Hub, type HubOptions } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";
import { onTestFinished } from "vitest";
import { bundle, type ReactVersion } from "./bundle.ts";

/** A stream as it was asked for. */
export interface Asked {
  readonly topics: readonly string[];
  readonly lastEventId: string | undefined;
  readonly last: string | undefined;
  readonly authorization: string | undefined;
}

/** A hub, and the page that listens to it, of one origin. */
export interface TestServer {
  readonly url: string;
  readonly hub: Hub;
  /** All streams that were asked for, in order. */
  readonly asked: Asked[];
  /** Streams that are open now. */
  open(): number;
  /** Cuts all streams. */
  cut(): void;
  /** What the page is served as, in place of an empty root. */
  setMarkup(html: string): void;
  /** What the page is told that it was rendered from. */
  setSeed(seed: unknown): void;
}

/** More ways to answer, before the page and the hub. True if it did. */
export type Route = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Serves `pages/<name>.tsx`, built with this React, at `/`, and a hub at `/events`. */
export async function startServer(
  react: ReactVersion,
  { hub: hubOptions = {}, route = () => false }: { hub?: HubOptions; route?: Route } = {},
): Promise<TestServer> {
  const hub = createHub({ retry: 20, ...hubOptions });
  const stream = nodeHandler(hub);
  const script = await bundle("scenarios", react);
  const asked: Asked[] = [];
  const sockets = new Set<IncomingMessage["socket"]>();
  let markup = "";
  let seed: unknown = null;
  const server = createServer((request, response) => {
    if (route(request, response)) return;
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    if (pathname === "/page.js") {
      response.setHeader("content-type", "text/javascript").end(script);
    } else if (pathname === "/events") {
      const { "last-event-id": lastEventId, authorization } = request.headers;
      const last = searchParams.get("last") ?? undefined;
      asked.push({ topics: searchParams.getAll("topic"), lastEventId: lastEventId as string, last, authorization });
      sockets.add(request.socket);
      request.socket.once("close", () => sockets.delete(request.socket));
      stream(request, response);
    } else {
      response
        .setHeader("content-type", "text/html; charset=utf-8")
        .end(
          `<!doctype html><link rel="icon" href="data:,"><div id="root">${markup}</div><script>seed = ${JSON.stringify(seed)}</script><script src="/page.js"></script>`,
        );
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await hub.close({ drain: 0 });
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hub,
    asked,
    open: () => sockets.size,
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    setMarkup(html) {
      markup = html;
    },
    setSeed(next) {
      seed = next;
    },
  };
}
