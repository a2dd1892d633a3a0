import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { request as httpsRequest } from "node:https";
import { Duplex, type Readable } from "node:stream";
import { constants, createGunzip } from "node:zlib";
import { type Answer, Body, type Client } from "./answer.ts";
import { CERTIFICATE } from "./certificate.ts";

/** Reads over HTTP/1.1, a connection for each request. */
export function http1Client(port: number, secure = false): Client {
  const leaving = new Set<() => void>();
  return {
    get: async (path, { method = "GET", headers = {} } = {}) => {
      const options = { host: "127.0.0.1", port, path, method, headers, agent: false } as const;
      const request = secure ? httpsRequest({ ...options, ca: CERTIFICATE.cert }) : httpRequest(options);
      request.end();
      const [response] = (await once(request, "response")) as [IncomingMessage];
      const leave = (): void => void request.destroy();
      leaving.add(leave);
      const body = collect(decoded(response, response.headers), response, () => response.complete);
      return { status: response.statusCode ?? 0, headers: toHeaders(response.headers), body, leave, ...flow(response) };
    },
    close: () => {
      for (const leave of leaving) leave();
    },
  };
}

/** Reads over HTTP/2, all requests on one connection. */
export function http2Client(port: number, secure = false): Client {
  const client = secure
    ? connectHttp2(`https://127.0.0.1:${port}`, { ca: CERTIFICATE.cert })
    : connectHttp2(`http://127.0.0.1:${port}`);
  client.on("error", () => {});
  return {
    get: async (path, { method = "GET", headers = {} } = {}) => {
      const request = client.request({ ...headers, ":path": path, ":method": method });
      request.end();
      const [head] = (await once(request, "response")) as [IncomingHttpHeaders];
      const body = collect(decoded(request, head), request, () => request.rstCode === 0);
      const leave = (): void => request.close(8 /* CANCEL */);
      return { status: Number(head[":status"]), headers: toHeaders(head), body, leave, ...flow(request) };
    },
    close: () => client.destroy(),
  };
}

/** Calls a handler of web-standard requests, as a framework would. */
export function webClient(handler: (request: Request) => Response | Promise<Response>): Client {
  const leaving = new Set<() => void>();
  return {
    get: async (path, { method = "GET", headers = {} } = {}) => {
      const abort = new AbortController();
      const request = new Request(`http://localhost${path}`, { method, headers, signal: abort.signal });
      const response = await handler(request);
      const body = new Body();
      const isGzip = response.headers.get("content-encoding") === "gzip";
      const gunzip = (): TransformStream => Duplex.toWeb(createGunzip(AS_IT_COMES)) as TransformStream;
      const reader = (isGzip ? response.body?.pipeThrough(gunzip()) : response.body)?.getReader();
      const leave = (): void => {
        abort.abort();
        reader?.cancel().catch(() => {});
      };
      leaving.add(leave);
      let isPaused = false;
      let resume = (): void => {};
      const pump = async (): Promise<void> => {
        const decoder = new TextDecoder();
        for (;;) {
          if (isPaused) await new Promise<void>((resolve) => (resume = resolve));
          const next = await reader?.read();
          if (next === undefined || next.done) return body.finish("end");
          body.append(decoder.decode(next.value, { stream: true }));
        }
      };
      pump().catch(() => body.finish("cut"));
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body,
        leave,
        pause: () => {
          isPaused = true;
        },
        resume: () => {
          isPaused = false;
          resume();
        },
      };
    },
    close: () => {
      for (const leave of leaving) leave();
    },
  };
}

/** Unpacks each byte as soon as it can, and minds no missing end: what browsers do. */
const AS_IT_COMES = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };

function decoded(message: Readable, { "content-encoding": encoding }: IncomingHttpHeaders): Readable {
  if (encoding !== "gzip") return message;
  return message.on("error", () => {}).pipe(createGunzip(AS_IT_COMES));
}

function collect(text: Readable, message: Readable, isComplete: () => boolean): Body {
  const body = new Body();
  text.setEncoding("utf8");
  text.on("data", (piece: string) => body.append(piece));
  message.on("error", () => body.finish("cut"));
  // All of the text, before its end is told.
  if (text !== message) text.on("end", () => body.finish("end")).on("error", () => body.finish("cut"));
  else message.on("close", () => body.finish(isComplete() ? "end" : "cut"));
  return body;
}

function flow(readable: Readable): Pick<Answer, "pause" | "resume"> {
  return { pause: () => void readable.pause(), resume: () => void readable.resume() };
}

function toHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? ""].flat().join(", ")]));
}
