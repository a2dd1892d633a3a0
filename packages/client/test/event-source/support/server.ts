import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

// What the public web-platform-tests of EventSource ask of their server, and a scripted endpoint for the tests of our own.

/** One answer of the scripted endpoint. */
export interface Step {
  /** Default 200. */
  readonly status?: number;
  /** Default `text/event-stream`; empty: none. */
  readonly type?: string;
  readonly location?: string;
  /** Whether pages of other origins may read it. Default true. */
  readonly cors?: boolean;
  /** What is sent, in writes of their own. */
  readonly body?: readonly string[];
  /**
   * After the body: end the response, cut the socket, leave it open, or that with a byte now and then (`drip`); `refuse`
   * cuts before anything. Default `end`.
   */
  readonly finish?: "end" | "cut" | "hold" | "drip" | "refuse";
}

/** A request of the scripted endpoint, as the server saw it. */
export interface Seen {
  readonly method: string;
  /** Absent if there was none; its bytes read as UTF-8. */
  readonly lastEventId?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** When it came, in milliseconds. */
  readonly at: number;
  /** The response has ended, on whichever side. */
  closed: boolean;
}

/** A server of the resources that the tests of `EventSource` listen to. */
export interface ResourceServer {
  readonly port: number;
  /** Adds what is served beside the resources, by path. */
  serve(path: string, type: string, body: string): void;
  close(): Promise<void>;
}

type Answer = (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => void;

const STREAM = "text/event-stream";

/** Starts it on a free port of the loopback interface. */
export async function startResourceServer(): Promise<ResourceServer> {
  const seen = new Map<string, Seen[]>();
  const open = new Map<string, Set<ServerResponse>>();
  const preflights = new Map<string, string>();
  const files = new Map<string, { type: string; body: string }>();

  const message: Answer = (_request, response, query) => {
    response.setHeader("Content-Type", query.get("mime") ?? STREAM);
    const newline = query.get("newline") === "none" ? "" : "\n\n";
    const body = `${query.get("message") ?? "data: data"}${newline}\n`;
    // A slow answer is what the test is about, and it is cancelled long before.
    const timer = setTimeout(() => response.end(body), Number(query.get("sleep") ?? 0));
    response.on("close", () => clearTimeout(timer));
  };

  const redirect: Answer = (_request, response, query) => {
    response.writeHead(Number(query.get("status") ?? 302), { Location: query.get("location") ?? "/" }).end();
  };

  const statusReconnect: Answer = (request, response, query) => {
    const cookie = `request${query.get("id")}`;
    response.setHeader("Content-Type", STREAM);
    if (cookieOf(request, cookie) !== undefined) {
      response.setHeader("Set-Cookie", `${cookie}=; Max-Age=0; Path=/`).end("data: data\n\n");
    } else {
      response.setHeader("Set-Cookie", `${cookie}=1; HttpOnly; Path=/`);
      response.end(query.has("ok_first") ? "retry: 2\ndata: ok\n\n" : "retry: 2\n");
    }
  };

  const cacheControl: Answer = (request, response) => {
    response.setHeader("Content-Type", STREAM).end(`data: ${request.headers["cache-control"]}\n\n`);
  };

  const RESOURCES: Record<string, Answer> = {
    message,
    message2: (_request, response) => {
      response.setHeader("Content-Type", STREAM);
      response.end("data:msg\ndata: msg\n\n:\n\nfalsefield:msg\n\nid: 1\n\ndata:\n\ndata:end\n\n");
    },
    "status-error": (_request, response, query) => {
      const status = Number(query.get("status"));
      response.writeHead(status, { "Content-Type": STREAM });
      response.end(status === 204 || status === 205 ? "" : "data: data\n\n");
    },
    "status-reconnect": statusReconnect,
    "reconnect-fail": (request, response, query) => {
      const name = `reconnect_fail_${query.get("id")}`;
      const state = cookieOf(request, name);
      const next = state === undefined ? "opened" : state === "opened" ? "reconnected" : "";
      response.setHeader("Content-Type", STREAM);
      response.setHeader("Set-Cookie", `${name}=${next}; Path=/${next === "" ? "; Max-Age=0" : ""}`);
      response.statusCode = next === "" ? 204 : 200;
      response.end(state === undefined ? "retry: 2\ndata: opened\n\n" : next === "" ? "" : "data: reconnected\n\n");
    },
    "last-event-id": (request, response, query) => {
      response.setHeader("Content-Type", STREAM);
      const id = lastEventIdOf(request);
      response.end(
        id === undefined ? `id: ${query.get("idvalue") ?? "…"}\nretry: 200\ndata: hello\n\n` : `data: ${id}\n\n`,
      );
    },
    "last-event-id2": (_request, response, query) => {
      response.setHeader("Content-Type", STREAM);
      const rest = {
        1: "data: 2\n\nid: 2\ndata:3\n\ndata:4\n\n",
        2: "id:\ndata:2\n\ndata:3\n\n",
        3: "id\ndata:2\n\ndata:3\n\n",
      };
      response.end(`id: 1\ndata: 1\n\n${rest[Number(query.get("type")) as 1 | 2 | 3]}`);
    },
    "accept.event_stream": (request, response) => {
      response.setHeader("Content-Type", STREAM).end(`data: ${request.headers.accept}\n\n`);
    },
    "cache-control.event_stream": cacheControl,
    cors: (request, response, query) => {
      // Node's `fetch` says no `Origin`.
      response.setHeader("Access-Control-Allow-Origin", query.get("origin") ?? request.headers.origin ?? "*");
      response.setHeader("Access-Control-Allow-Credentials", "true");
      const run = { message, redirect, "status-reconnect": statusReconnect, "cache-control": cacheControl };
      run[query.get("run") as keyof typeof run](request, response, query);
    },
    "cors-cookie": (request, response, query) => {
      const ident = query.get("ident") ?? "";
      const cookie = cookieOf(request, ident) === undefined ? "NO_COOKIE" : "COOKIE";
      response.setHeader("Access-Control-Allow-Origin", request.headers.origin ?? "*");
      response.setHeader("Access-Control-Allow-Credentials", "true");
      // As it is: this header is allowed here, so that the test is about cookies.
      response.setHeader("Access-Control-Allow-Headers", "last-event-id");
      response.setHeader("Content-Type", STREAM);
      if (request.method === "OPTIONS") {
        response.end();
      } else if (lastEventIdOf(request) === undefined) {
        response.setHeader("Set-Cookie", `${ident}=COOKIE; Path=/`).end(`id: 1\nretry: 200\ndata: first ${cookie}\n\n`);
      } else {
        response.setHeader("Set-Cookie", `${ident}=; Max-Age=0; Path=/`).end(`id: 2\ndata: second ${cookie}\n\n`);
      }
    },
    "cors-unsafe-last-event-id": (request, response, query) => {
      const ids: Record<string, string> = { safe: "abc", unsafe: "e5p3n<3k0k0s", long: "a".repeat(255) };
      const fixture = query.get("fixture") ?? "";
      const token = query.get("token") ?? "";
      const asked = request.headers["access-control-request-headers"];
      response.setHeader("Access-Control-Allow-Origin", request.headers.origin ?? "*");
      if (asked !== undefined) response.setHeader("Access-Control-Allow-Headers", asked);
      if (request.method === "OPTIONS") {
        preflights.set(token, String(asked));
        response.end();
        return;
      }
      response.setHeader("Content-Type", STREAM);
      const id = lastEventIdOf(request);
      if (id === undefined) {
        response.end(`id: ${ids[fixture]}\nretry: 200\ndata: ${fixture}\n\n`);
        return;
      }
      const isRight = preflights.get(token) === (fixture === "safe" ? undefined : "last-event-id");
      const type = isRight && id === ids[fixture] ? "success" : "failure";
      response.end(`event: ${type}\ndata: preflight for ${preflights.get(token) ?? "nothing"}, id ${id}\n\n`);
    },
    script: (request, response, query) => {
      const steps: Step[] = JSON.parse(query.get("steps") ?? "[]");
      if (steps[0]?.cors !== false) response.setHeader("Access-Control-Allow-Origin", "*");
      response.setHeader("Access-Control-Allow-Headers", "*");
      if (request.method === "OPTIONS") {
        response.end();
        return;
      }
      const token = query.get("token") ?? "";
      const log = seen.get(token) ?? [];
      seen.set(token, log);
      const id = lastEventIdOf(request);
      const entry: Seen = {
        method: request.method ?? "",
        ...(id !== undefined && { lastEventId: id }),
        headers: request.headers as Record<string, string>,
        at: Date.now(),
        closed: false,
      };
      const others = open.get(token) ?? new Set();
      open.set(token, others.add(response));
      response.on("close", () => {
        others.delete(response);
        entry.closed = true;
      });
      const step = steps[Math.min(log.push(entry), steps.length) - 1] ?? {};
      void play(step, response);
    },
    cut: (_request, response, query) => {
      for (const each of open.get(query.get("token") ?? "") ?? []) each.destroy();
      response.setHeader("Access-Control-Allow-Origin", "*").end();
    },
    /** A port that nothing listens on. */
    nobody: (_request, response) => {
      const other = createServer().listen(0, "127.0.0.1", () => {
        const { port } = other.address() as AddressInfo;
        other.close(() => response.end(String(port)));
      });
    },
    seen: (_request, response, query) => {
      response.setHeader("Access-Control-Allow-Origin", "*");
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify(seen.get(query.get("token") ?? "") ?? []));
    },
  };

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://server");
    const file = files.get(pathname);
    if (file !== undefined) {
      response.setHeader("Content-Type", file.type).end(file.body);
    } else if (pathname === "/common/redirect") {
      redirect(request, response, searchParams);
    } else {
      const answer = RESOURCES[pathname.replace("/eventsource/resources/", "")];
      if (answer !== undefined) answer(request, response, searchParams);
      else response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    serve: (path, type, body) => void files.set(path, { type, body }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Gives one answer, each part of the body in a write, and a packet, of its own. */
async function play(step: Step, response: ServerResponse): Promise<void> {
  const { status = 200, type = STREAM, location, body = [], finish = "end" } = step;
  if (finish === "refuse") {
    response.destroy();
    return;
  }
  if (type !== "") response.setHeader("Content-Type", type);
  if (location !== undefined) response.setHeader("Location", location);
  response.writeHead(status);
  response.flushHeaders();
  for (const part of body) {
    await new Promise<void>((resolve) => response.write(part, () => setImmediate(resolve)));
  }
  if (finish === "end") response.end();
  if (finish === "cut") response.destroy();
  if (finish === "drip") {
    const timer = setInterval(() => response.write("\n"), 100);
    response.on("close", () => clearInterval(timer));
  }
}

function cookieOf(request: IncomingMessage, name: string): string | undefined {
  const pairs = (request.headers.cookie ?? "").split("; ").map((pair) => pair.split("=") as [string, string?]);
  return pairs.find(([key]) => key === name)?.[1];
}

function lastEventIdOf(request: IncomingMessage): string | undefined {
  const value = request.headers["last-event-id"];
  return value === undefined ? undefined : Buffer.from(String(value), "latin1").toString();
}
