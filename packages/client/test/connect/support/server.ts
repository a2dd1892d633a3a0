import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A request as it came, with its body read to the end. */
export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers the n-th request: 1 for the first. */
export type Answer = (exchange: Exchange, number: number) => void | Promise<void>;

/** One request and what the test makes of it. */
export interface Exchange {
  readonly asked: Asked;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Sends the head of a stream, and text with it. Headers go out at once, also without text. */
  stream(text?: string, headers?: Record<string, string>): void;
  send(text: string | Uint8Array): void;
  /** Ends the response in order. */
  end(text?: string): void;
  /** Cuts the connection, as a network would. */
  cut(): void;
  refuse(status: number, headers?: Record<string, string>, body?: string): void;
  /** Settles when the reader has gone. */
  readonly gone: Promise<unknown>;
}

/** A server that does exactly what a test says. */
export interface Server {
  readonly url: string;
  readonly port: number;
  readonly asked: readonly Asked[];
  /** All requests so far, open or not. */
  readonly exchanges: readonly Exchange[];
  /** Connections that are open now. */
  open(): number;
  /** Settles with the n-th request when it has come. */
  exchange(number: number): Promise<Exchange>;
  close(): Promise<void>;
}

/** Starts a server. Without an answer the test answers itself, by way of `exchange`. */
export async function startServer(answer: Answer = () => {}, port = 0): Promise<Server> {
  const exchanges: Exchange[] = [];
  const sockets = new Set<unknown>();
  let came = (): void => {};
  let coming = new Promise<void>((resolve) => {
    came = resolve;
  });
  const http = createServer(async (request, response) => {
    const exchange = await toExchange(request, response);
    exchanges.push(exchange);
    const number = exchanges.length;
    const tell = came;
    coming = new Promise((resolve) => {
      came = resolve;
    });
    tell();
    await answer(exchange, number);
  });
  http.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  http.listen(port, "127.0.0.1");
  await once(http, "listening");
  const close = async (): Promise<void> => {
    http.closeAllConnections();
    if (!http.listening) return;
    http.close();
    await once(http, "close");
  };
  onTestFinished(close);
  const taken = (http.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${taken}/events`,
    port: taken,
    exchanges,
    get asked() {
      return exchanges.map(({ asked }) => asked);
    },
    open: () => sockets.size,
    async exchange(number) {
      while (exchanges.length < number) await coming;
      return exchanges[number - 1] as Exchange;
    },
    close,
  };
}

/** Lets every page in, as a server of another origin must. */
export const CORS = { "access-control-allow-origin": "*" };

async function toExchange(request: IncomingMessage, response: ServerResponse): Promise<Exchange> {
  let body = "";
  for await (const chunk of request) body += chunk;
  const gone = once(response, "close");
  response.socket?.setNoDelay(true);
  return {
    asked: {
      method: request.method ?? "",
      url: new URL(request.url ?? "", "http://host"),
      headers: request.headers,
      body,
    },
    request,
    response,
    stream(text = "", headers = {}) {
      response.writeHead(200, { "content-type": "text/event-stream", ...headers });
      // Together, as a hub sends its first block: a reader that is given the head alone waits for it only so long.
      if (text === "") response.flushHeaders();
      else response.write(text);
    },
    send: (text) => void response.write(text),
    end: (text) => void response.end(text),
    cut: () => void response.socket?.resetAndDestroy(),
    refuse: (status, headers = {}, text = "") => void response.writeHead(status, headers).end(text),
    gone,
  };
}
