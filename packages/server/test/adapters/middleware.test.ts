import { createServer, type RequestListener, type ServerResponse } from "node:http";
import { createHub, type Hub } from "@tidings/server";
import { expressHandler } from "@tidings/server/express";
import { fastifyHandler } from "@tidings/server/fastify";
import { honoHandler } from "@tidings/server/hono";
import compression from "compression";
import express, { type NextFunction, type Request, type Response } from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { afterEach, describe, expect, test } from "vitest";
import { listen, type Served } from "./adapters.ts";
import { type Answer, eventually, toBlocks } from "./answer.ts";
import { http1Client } from "./clients.ts";

/** As `compression()`: holds the body back until it has much of it, or the end, and announces another encoding. */
function holdBack(_request: Request, response: Response, next: NextFunction): void {
  const held: Buffer[] = [];
  const { end, writeHead } = response;
  response.writeHead = ((status: number) => {
    response.setHeader("content-encoding", "gzip");
    response.setHeader("vary", "accept-encoding");
    return writeHead.call(response, status);
  }) as typeof response.writeHead;
  response.write = ((chunk: Uint8Array) => held.push(Buffer.from(chunk)) > 0) as typeof response.write;
  response.end = ((chunk?: string) =>
    end.call(response, Buffer.concat([...held, Buffer.from(chunk ?? "")]), "utf8")) as typeof response.end;
  next();
}

/** As CORS middleware does, whose answers name an origin. */
function varyByOrigin(_request: Request, response: Response, next: NextFunction): void {
  response.vary("Origin");
  next();
}

/** As `on-headers`, on which cookie and timing middleware stands: adds a header at the last moment. */
function addLate(_request: Request, response: Response, next: NextFunction): void {
  const { writeHead } = response;
  response.writeHead = ((status: number) => {
    response.setHeader("set-cookie", "sid=1; HttpOnly");
    return writeHead.call(response, status);
  }) as typeof response.writeHead;
  next();
}

describe("middleware", () => {
  const errors: unknown[] = [];
  let hub: Hub;
  let served: Served | undefined;

  async function start(toListener: (hub: Hub) => RequestListener): Promise<void> {
    // A place that is not given back is missed at once.
    hub = createHub({ limits: { connections: 1 }, onError: (error) => errors.push(error) });
    await hub.ready;
    served = await listen(createServer(toListener(hub)), http1Client);
  }

  async function listening(): Promise<Answer> {
    const answer = await (served as Served).client.get("/events?topic=news");
    await answer.body.until("event: tidings:live\n");
    return answer;
  }

  async function expectDelivery({ body }: Answer): Promise<void> {
    await hub.publish("news", "hello");
    await body.until("data: hello\n\n");
  }

  afterEach(async () => {
    served?.client.close();
    await eventually(() => hub.status().connections === 0);
    await hub.close({ drain: 0 });
    await served?.close();
    served = undefined;
    expect(errors.splice(0)).toEqual([]);
  });

  describe("Express", () => {
    const withMiddleware =
      (...middleware: ((request: Request, response: Response, next: NextFunction) => void)[]) =>
      (of: Hub): RequestListener => {
        const app = express();
        for (const each of middleware) app.use(each);
        app.get("/events", expressHandler(of));
        return app;
      };

    test("that holds the body back, or encodes it, gets no hold of a stream", async () => {
      await start(withMiddleware(holdBack));
      const answer = await listening();
      expect(answer.headers).not.toHaveProperty("content-encoding");
      expect(answer.headers.vary).toBe("accept-encoding");
      await expectDelivery(answer);
    });

    test("that says what its answers vary by is heard, and a stream is compressed once", async () => {
      await start(withMiddleware(varyByOrigin, compression()));
      const answer = await (served as Served).client.get("/events?topic=news", {
        headers: { "accept-encoding": "gzip" },
      });
      expect(answer.headers).toMatchObject({ "content-encoding": "gzip", vary: "Origin, accept-encoding" });
      await answer.body.until("event: tidings:live\n");
      await expectDelivery(answer);
    });

    test("that adds its headers at the last moment is heard", async () => {
      await start(withMiddleware(addLate));
      const answer = await listening();
      expect(answer.headers["set-cookie"]).toBe("sid=1; HttpOnly");
      await expectDelivery(answer);
    });

    test("cannot set what belongs to the stream, or to its framing", async () => {
      await start(
        withMiddleware((_request, response, next) => {
          response.set({
            "Content-Type": "text/plain",
            "Cache-Control": "public, max-age=60",
            "Content-Length": "5",
            Connection: "keep-alive",
            "Keep-Alive": "timeout=5",
            "Transfer-Encoding": "chunked",
            Constructor: "kept",
          });
          next();
        }),
      );
      const answer = await listening();
      expect(answer.headers).toMatchObject({
        "content-type": "text/event-stream",
        "cache-control": "no-store, no-transform",
        connection: "close",
        constructor: "kept",
      });
      for (const name of ["content-length", "keep-alive", "transfer-encoding"])
        expect(answer.headers).not.toHaveProperty(name);
      await expectDelivery(answer);
    });

    test("a logger is told of the end", async () => {
      const log: string[] = [];
      await start(
        withMiddleware((request, response, next) => {
          response.on("close", () => log.push(`${request.url} ${response.statusCode}`));
          next();
        }),
      );
      const answer = await listening();
      answer.leave();
      await eventually(() => log.length > 0);
      expect(log).toEqual(["/events?topic=news 200"]);
    });

    test("a time limit that answers first: nothing crashes, the place is given back, the application is told", async () => {
      let response: ServerResponse | undefined;
      let answer = (_allowed: boolean): void => {};
      await start((of) => {
        const app = express();
        app.use((_request, answered, next) => {
          response = answered;
          next();
        });
        app.get("/events", expressHandler(of, { authorize: () => new Promise((resolve) => (answer = resolve)) }));
        return app;
      });
      const answering = (served as Served).client.get("/events?topic=news");
      await eventually(() => response !== undefined);
      response?.writeHead(503).end("too late");
      expect((await answering).status).toBe(503);
      answer(true);
      await eventually(() => errors.length > 0);
      expect(errors.splice(0)).toEqual([expect.objectContaining({ message: expect.stringMatching(/headers/i) })]);
      expect(hub.status().connections).toBe(0);
    });

    test("that throws at the last moment cuts the response, and the application is told", async () => {
      const thrown = [new Error("from middleware")];
      await start(
        withMiddleware((_request, response, next) => {
          const [error] = thrown.splice(0);
          if (error !== undefined) {
            response.writeHead = () => {
              throw error;
            };
          }
          next();
        }),
      );
      const [error] = thrown;
      await expect((served as Served).client.get("/events?topic=news")).rejects.toThrow();
      await eventually(() => errors.length > 0);
      expect(errors.splice(0)).toEqual([error]);
      await expectDelivery(await listening());
    });
  });

  describe("Fastify", () => {
    test("keeps what hooks and plugins have set on the reply, and answers nothing itself", async () => {
      hub = createHub({ onError: (error) => errors.push(error) });
      const lines: string[] = [];
      const app = fastify({ logger: { stream: { write: (line: string) => void lines.push(line) } } });
      app.addHook("onRequest", async (_request, reply) => {
        reply.header("access-control-allow-origin", "https://example.com").header("x-number", 7);
        reply.raw.setHeader("x-raw", "kept");
      });
      app.addHook("onSend", async (_request, _reply, payload) => payload);
      app.get("/events", fastifyHandler(hub));
      app.addHook("preClose", () => hub.close());
      await app.ready();
      served = await listen(app.server, http1Client);
      const answer = await listening();
      expect(answer.headers).toMatchObject({
        "access-control-allow-origin": "https://example.com",
        "x-number": "7",
        "x-raw": "kept",
        "content-type": "text/event-stream",
      });
      await expectDelivery(answer);
      await app.close();
      expect(await answer.body.ended()).toBe("end");
      expect(toBlocks(answer.body.text).at(-1)).toMatchObject({ event: "tidings:bye" });
      expect(lines.filter((line) => /"level":(40|50|60)/.test(line))).toEqual([]);
    });

    test("a simulated request gets the stream, too", async () => {
      hub = createHub();
      await hub.ready;
      const app = fastify();
      app.get("/events", fastifyHandler(hub));
      const { statusCode, headers, ...response } = await app.inject({
        url: "/events?topic=news",
        payloadAsStream: true,
      });
      expect(statusCode).toBe(200);
      expect(headers["content-type"]).toBe("text/event-stream");
      const stream = response.stream();
      let text = "";
      stream.on("data", (chunk: Buffer) => {
        text += chunk;
      });
      await eventually(() => text.includes("event: tidings:live"));
      await hub.publish("news", "last", { end: true });
      await eventually(() => text.includes("event: tidings:end"));
      await eventually(() => hub.status().connections === 0);
      await app.close();
    });
  });

  test("Hono: nothing that a middleware throws or sets after the handler reaches into the stream", async () => {
    hub = createHub();
    await hub.ready;
    const app = new Hono();
    app.use(async (context, next) => {
      await next();
      context.res.headers.set("x-after", "kept");
    });
    app.get("/events", honoHandler(hub));
    const abort = new AbortController();
    const response = await app.request("/events?topic=news", { signal: abort.signal });
    expect(response.headers.get("x-after")).toBe("kept");
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(hub.status().connections).toBe(1);
    abort.abort();
    await eventually(() => hub.status().connections === 0);
  });
});
