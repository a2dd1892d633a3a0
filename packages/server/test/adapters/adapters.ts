import { once } from "node:events";
import { createServer as createHttpServer, type Server } from "node:http";
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2SecureServer,
  type Http2Server,
  type ServerHttp2Session,
} from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server as NetServer } from "node:net";
import { serve as serveHono } from "@hono/node-server";
import type { HandlerOptions, Hub } from "@tidings/server";
import { expressHandler } from "@tidings/server/express";
import { fastifyHandler } from "@tidings/server/fastify";
import { fetchHandler } from "@tidings/server/fetch";
import { honoHandler } from "@tidings/server/hono";
import { nodeHandler } from "@tidings/server/node";
import express from "express";
import fastify from "fastify";
import { type Context, Hono } from "hono";
import type { Client } from "./answer.ts";
import { CERTIFICATE } from "./certificate.ts";
import { http1Client, http2Client, webClient } from "./clients.ts";

/** What the suite's own options look at in a request, whatever the framework calls it. */
export interface Asked {
  header(name: string): string | undefined;
}

/** A server that serves a hub under `/events`, and a client of it. */
export interface Served {
  readonly client: Client;
  /** Absent where there is no server. */
  readonly port?: number;
  /** Open sockets, or streams of them. 0 where there are none. */
  open(): Promise<number>;
  /** Stops listening, and settles when every connection has gone by itself. */
  close(): Promise<void>;
}

/** One adapter in one surrounding. */
export interface Adapter {
  readonly name: string;
  /** `socket`: it streams straight onto a socket of HTTP/1.x. */
  readonly transport: "socket" | "http2" | "response" | "web";
  /** Sets {@link MIDDLEWARE_HEADERS} before the handler, in the framework's own way. */
  readonly hasMiddleware: boolean;
  serve(hub: Hub, options: HandlerOptions<Asked>): Promise<Served>;
}

/** What middleware adds to every response. */
export const MIDDLEWARE_HEADERS = {
  "access-control-allow-origin": "https://example.com",
  "x-frame-options": "SAMEORIGIN",
  "set-cookie": ["a=1; HttpOnly", "b=2"],
};

export const ADAPTERS: readonly Adapter[] = [
  {
    name: "node:http",
    transport: "socket",
    hasMiddleware: true,
    serve: (hub, options) => listen(createHttpServer(nodeListener(hub, options)), http1Client),
  },
  {
    name: "node:https",
    transport: "socket",
    hasMiddleware: true,
    serve: (hub, options) =>
      listen(createHttpsServer(CERTIFICATE, nodeListener(hub, options)), (port) => http1Client(port, true)),
  },
  {
    name: "node:http2 in clear text",
    transport: "http2",
    hasMiddleware: true,
    serve: (hub, options) => listen(createHttp2Server(nodeListener(hub, options)), http2Client),
  },
  {
    name: "node:http2 over TLS",
    transport: "http2",
    hasMiddleware: true,
    serve: (hub, options) =>
      listen(createSecureServer({ ...CERTIFICATE, allowHTTP1: true }, nodeListener(hub, options)), (port) =>
        http2Client(port, true),
      ),
  },
  {
    name: "node:http2 over TLS, a client of HTTP/1.1",
    transport: "socket",
    hasMiddleware: true,
    serve: (hub, options) =>
      listen(createSecureServer({ ...CERTIFICATE, allowHTTP1: true }, nodeListener(hub, options)), (port) =>
        http1Client(port, true),
      ),
  },
  {
    name: "node:http of a version that names its parts otherwise",
    transport: "response",
    hasMiddleware: true,
    serve: (hub, options) => {
      const listener = nodeListener(hub, options);
      const server = createHttpServer((request, response) => {
        for (const each of request.socket.listeners("data")) Object.defineProperty(each, "name", { value: "renamed" });
        listener(request, response);
      });
      return listen(server, http1Client);
    },
  },
  {
    name: "Express 5",
    transport: "socket",
    hasMiddleware: true,
    serve: (hub, options) => {
      const app = express();
      app.use((_request, response, next) => {
        response.set(MIDDLEWARE_HEADERS);
        next();
      });
      app.all(
        "/events",
        expressHandler(
          hub,
          translate(options, (request) => ({ header: (name) => request.get(name) })),
        ),
      );
      return listen(createHttpServer(app), http1Client);
    },
  },
  {
    name: "Fastify 5",
    transport: "socket",
    hasMiddleware: true,
    serve: async (hub, options) => {
      const app = fastify();
      app.addHook("onRequest", async (_request, reply) => {
        reply.headers(MIDDLEWARE_HEADERS);
      });
      const handler = fastifyHandler(
        hub,
        translate(options, (request) => ({ header: (name) => request.headers[name]?.toString() })),
      );
      app.all("/events", handler);
      await app.listen({ port: 0, host: "127.0.0.1" });
      return served(app.server, http1Client);
    },
  },
  {
    name: "Hono on Node",
    transport: "web",
    hasMiddleware: true,
    serve: async (hub, options) => {
      const app = new Hono();
      app.use(async (context, next) => {
        for (const name of ["access-control-allow-origin", "x-frame-options"] as const) {
          context.header(name, MIDDLEWARE_HEADERS[name]);
        }
        for (const cookie of MIDDLEWARE_HEADERS["set-cookie"]) context.header("set-cookie", cookie, { append: true });
        await next();
      });
      app.all(
        "/events",
        honoHandler(
          hub,
          translate(options, (context: Context) => ({ header: (name) => context.req.header(name) })),
        ),
      );
      const server = serveHono({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }) as Server;
      if (!server.listening) await once(server, "listening");
      return served(server, http1Client);
    },
  },
  {
    name: "fetch",
    transport: "web",
    hasMiddleware: false,
    serve: async (hub, options) => {
      const handler = fetchHandler(
        hub,
        translate(options, (request: Request) => ({ header: (name) => request.headers.get(name) ?? undefined })),
      );
      return { client: webClient(handler), open: async () => 0, close: async () => {} };
    },
  },
];

type AnyServer = NetServer | Http2Server | Http2SecureServer;

function nodeListener(hub: Hub, options: HandlerOptions<Asked>): ReturnType<typeof nodeHandler> {
  const handler = nodeHandler(
    hub,
    translate(options, (request) => ({ header: (name) => request.headers[name]?.toString() })),
  );
  return (request, response) => {
    for (const [name, value] of Object.entries(MIDDLEWARE_HEADERS)) response.setHeader(name, value);
    handler(request, response);
  };
}

export async function listen(server: AnyServer, client: (port: number) => Client): Promise<Served> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return served(server, client);
}

/** What the tests need of a server that listens. */
export function served(server: AnyServer, toClient: (port: number) => Client): Served {
  const { port } = server.address() as AddressInfo;
  const client = toClient(port);
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (opened: ServerHttp2Session) => {
    sessions.add(opened);
    opened.on("close", () => sessions.delete(opened));
  });
  return {
    client,
    port,
    open: () => new Promise((resolve) => server.getConnections((_error, count) => resolve(count))),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // A connection of HTTP/2 outlives its streams; this lets the streams there are come to their end.
        for (const opened of sessions) opened.close();
      }),
  };
}

/** Options that look at a neutral request, as options for a framework's. */
function translate<Request>(
  { topics, authorize, subject, address, onConnect }: HandlerOptions<Asked>,
  toAsked: (request: Request) => Asked,
): HandlerOptions<Request> {
  return {
    ...(topics && { topics: typeof topics === "function" ? (request: Request) => topics(toAsked(request)) : topics }),
    ...(authorize && { authorize: (request: Request, names: readonly string[]) => authorize(toAsked(request), names) }),
    ...(subject && { subject: (request: Request) => subject(toAsked(request)) }),
    ...(address && { address: (request: Request) => address(toAsked(request)) }),
    ...(onConnect && { onConnect: (connection, request: Request) => onConnect(connection, toAsked(request)) }),
  };
}
