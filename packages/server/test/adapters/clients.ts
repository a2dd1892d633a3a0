import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { request as httpsRequest } from "node:https";
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
      const body = collect(response, () => response.complete);
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
      const body = collect(request, () => request.rstCode === 0);
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
      const reader = response.body?.getReader();
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

function collect(readable: NodeJS.ReadableStream, isComplete: () => boolean): Body {
  const body = new Body();
  readable.setEncoding("utf8");
  readable.on("data", (text: string) => body.append(text));
  readable.on("error", () => body.finish("cut"));
  readable.on("close", () => body.finish(isComplete() ? "end" : "cut"));
  return body;
}

function flow(readable: NodeJS.ReadableStream): Pick<Answer, "pause" | "resume"> {
  return { pause: () => void readable.pause(), resume: () => void readable.resume() };
}

function toHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? ""].flat().join(", ")]));
}
