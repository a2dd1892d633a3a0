import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createHub, type HandlerOptions, type Hub } from "@tidings/server";
import { expressHandler } from "@tidings/server/express";
import { fastifyHandler } from "@tidings/server/fastify";
import { type NodeRequest, nodeHandler } from "@tidings/server/node";
import express from "express";
import fastify from "fastify";
import { afterEach, describe, expect, test } from "vitest";
import { listen, type Served } from "./adapters.ts";
import { type Answer, eventually } from "./answer.ts";
import { http1Client } from "./clients.ts";
import { openRaw } from "./raw.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

type HttpSocket = Socket & { parser?: unknown };

// What is taken from node:http, whose inner parts may be named otherwise in its next version: these tests say so.
describe("taking a socket from node:http", () => {
  let hub: Hub;
  let server: Server;
  let served: Served;
  const sockets: HttpSocket[] = [];

  async function start(
    options: HandlerOptions<NodeRequest> = {},
    before: (request: IncomingMessage, response: ServerResponse) => void = () => {},
    serverOptions: ServerOptions = {},
  ): Promise<void> {
    hub = createHub();
    await hub.ready;
    const handler = nodeHandler(hub, options);
    server = createServer(serverOptions, (request, response) => {
      before(request, response);
      handler(request, response);
    });
    await serve(server);
  }

  async function serve(of: Server): Promise<void> {
    server = of;
    of.on("connection", (socket: Socket) => sockets.push(socket));
    served = await listen(of, http1Client);
  }

  async function listening(): Promise<Answer> {
    const answer = await served.client.get("/events?topic=news");
    await answer.body.until("event: tidings:live\n");
    return answer;
  }

  afterEach(async () => {
    sockets.length = 0;
    served.client.close();
    await eventually(() => hub.status().connections === 0);
    await hub.close({ drain: 0 });
    await served.close();
  });

  test("frees the parser, and leaves none of its listeners", async () => {
    await start();
    await listening();
    const [socket] = sockets as [HttpSocket];
    expect(socket.parser).toBeNull();
    const left = ["data", "drain", "error", "timeout", "resume", "pause", "close", "end"].map((event) => [
      event,
      socket.listeners(event).map(({ name }) => name),
    ]);
    expect(Object.fromEntries(left)).toEqual({
      data: ["onData"],
      drain: ["onDrain"],
      error: ["ignore"],
      timeout: [],
      resume: [],
      pause: [],
      close: ["onClose"],
      // The first is the socket's own.
      end: ["onReadableStreamEnd", "onEnd"],
    });
    expect(socket.timeout).toBe(0);
  });

  test("leaves nothing on the server, however many come and go", async () => {
    await start();
    const counts = (): number[] => server.eventNames().map((event) => server.listenerCount(event));
    const before = counts();
    for (let round = 0; round < 20; round++) {
      const { leave } = await listening();
      leave();
      await eventually(() => hub.status().connections === 0);
    }
    expect(counts()).toEqual(before);
    await eventually(async () => (await served.open()) === 0);
    for (const socket of sockets) expect(socket.destroyed).toBe(true);
  });

  test("time limits of the server end a slow request, and no stream", async () => {
    await start({}, undefined, {
      headersTimeout: 60,
      requestTimeout: 60,
      keepAliveTimeout: 20,
      connectionsCheckingInterval: 10,
    });
    server.setTimeout(50);
    const { body } = await listening();
    const slow = await openRaw(served.port as number);
    slow.send("GET /events?topic=news HTTP/1.1\r\nHost: ");
    await slow.body.ended();
    // As old as a request whose time was up, and quiet for as long.
    await hub.publish("news", "hello");
    await body.until("data: hello\n\n");
  });

  test("closing the server's idle connections, or all it knows, concerns no stream: those are the hub's", async () => {
    await start();
    const { body } = await listening();
    server.closeIdleConnections();
    server.closeAllConnections();
    await hub.publish("news", "hello");
    await body.until("data: hello\n\n");
    const closed = once(server, "close");
    server.close();
    await hub.close();
    await closed;
    expect(await body.ended()).toBe("end");
  });

  test("the functions of the application run in the context of their request", async () => {
    const context = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const handlerOptions: HandlerOptions<NodeRequest> = {
      topics: async () => {
        seen.push(context.getStore());
        return ["news"];
      },
      authorize: async () => seen.push(context.getStore()) > 0,
      onConnect: () => void seen.push(context.getStore()),
    };
    await start(handlerOptions);
    const [handler] = server.listeners("request");
    server.removeAllListeners("request");
    server.on("request", (...of) => context.run(`request ${of[0].url}`, () => handler?.(...of)));
    await listening();
    expect(seen).toEqual(Array(3).fill("request /events?topic=news"));
  });

  test("what waits for the response's or the request's end is told when the reader leaves", async () => {
    const told: string[] = [];
    await start({}, (request, response) => {
      response.on("close", () => told.push(`response closed, destroyed ${response.destroyed}`));
      request.on("aborted", () => told.push("request aborted"));
      request.on("close", () => told.push("request closed"));
    });
    const { leave } = await listening();
    expect(told).toEqual([]);
    leave();
    await eventually(() => told.length === 3);
    expect(told.sort()).toEqual(["request aborted", "request closed", "response closed, destroyed true"]);
  });

  test("headersSent says that the response is taken", async () => {
    let response: ServerResponse | undefined;
    await start({}, (_request, answer) => (response = answer));
    await listening();
    expect(response?.headersSent).toBe(true);
  });

  describe("request and response can be collected while the stream is open", () => {
    async function expectCollected(refs: WeakRef<object>[]): Promise<void> {
      const { body } = await listening();
      expect(refs).toHaveLength(2);
      await eventually(() => {
        collectGarbage();
        return refs.every((ref) => ref.deref() === undefined);
      });
      await hub.publish("news", "hello");
      await body.until("data: hello\n\n");
    }

    test("node:http", async () => {
      const refs: WeakRef<object>[] = [];
      const onConnect = (): void => {};
      await start({ onConnect, subject: () => "ada" }, (...both) =>
        refs.push(...both.map((each) => new WeakRef(each))),
      );
      await expectCollected(refs);
    });

    test("Express", async () => {
      const refs: WeakRef<object>[] = [];
      hub = createHub();
      await hub.ready;
      const app = express();
      app.use((request, response, next) => {
        refs.push(new WeakRef(request), new WeakRef(response));
        next();
      });
      app.get("/events", expressHandler(hub));
      await serve(createServer(app));
      await expectCollected(refs);
    });

    test("Fastify", async () => {
      const refs: WeakRef<object>[] = [];
      hub = createHub();
      await hub.ready;
      const app = fastify();
      app.addHook("onRequest", async (request, reply) => {
        refs.push(new WeakRef(request.raw), new WeakRef(reply.raw));
      });
      app.get("/events", fastifyHandler(hub));
      await app.ready();
      await serve(app.server);
      await expectCollected(refs);
    });
  });
});
