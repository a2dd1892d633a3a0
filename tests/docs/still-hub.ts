import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { createHub, type Hub, type HubOptions, type Runtime } from "@tidings/server";
import { nodeHandler } from "@tidings/server/node";

/** A hub served over HTTP whose time and chance stand still, so that it says the same bytes on every run. */
export interface StillHub {
  readonly hub: Hub;
  /** Lets the clock of heartbeats go on by one interval. */
  beat(): void;
  /** Sends a GET, and settles when the stream is live or the connection has ended. */
  open(path: string, ...headers: string[]): Promise<Reader>;
  close(): Promise<void>;
}

/** What a reader got, to the byte, but with LF in the head and a fixed date. */
export interface Reader {
  readonly head: string;
  readonly body: string;
  /** Settles when the body is enough. @throws Error if the connection ends before */
  more(isEnough: (body: string) => boolean): Promise<void>;
  readonly closed: Promise<void>;
}

/** 2026-01-31T12:00:00Z */
export const NOW = Date.UTC(2026, 0, 31, 12);

const DATE = /^date: .+$/im;

/** @param now what the hub takes for the present, in milliseconds since 1970 */
export async function openStillHub(options: HubOptions = {}, now = NOW): Promise<StillHub> {
  const ticks = new Set<() => void>();
  const hub = createHub({ ...options, runtime: createStillRuntime(now, ticks) });
  await hub.ready;
  const server = createServer(nodeHandler(hub));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    hub,
    beat() {
      // A heartbeat is due after an interval's worth of ticks of the wheel, which are 15.
      for (let tick = 0; tick < 15; tick++) for (const task of ticks) task();
    },
    open: (path, ...headers) => openReader(port, path, headers),
    async close() {
      await hub.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createStillRuntime(now: number, ticks: Set<() => void>): Runtime {
  return {
    now: () => now,
    random: () => 0.5,
    atEndOfTurn: (task) => void setImmediate(task),
    elapsed: () => 0,
    // Nothing is ever due: time stands still.
    after: () => () => {},
    every: (milliseconds, task) => {
      // The wheel's ticks, by hand; retention has no part in this.
      if (milliseconds <= 1_000) ticks.add(task);
      return () => void ticks.delete(task);
    },
    // A drain waits for its readers alone: all of them read.
    wait: (_milliseconds, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener("abort", () => resolve());
      }),
  };
}

async function openReader(port: number, path: string, headers: readonly string[]): Promise<Reader> {
  const socket = connect(port, "127.0.0.1");
  socket.write([`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...headers, "", ""].join("\r\n"));
  let text = "";
  let wake = () => {};
  socket.on("data", (bytes) => {
    text += bytes;
    wake();
  });
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => {
      resolve();
      wake();
    });
  });
  const bodyOf = (): string => text.slice(text.indexOf("\r\n\r\n") + 4);
  const isComplete = (): boolean => {
    const length = /^content-length: (\d+)$/im.exec(text)?.[1];
    return text.startsWith("HTTP/1.1 204") || (length !== undefined && bodyOf().length >= Number(length));
  };
  const reader: Reader = {
    get head() {
      const head = text.slice(0, text.indexOf("\r\n\r\n") + 2).replaceAll("\r\n", "\n");
      return head.replace(DATE, "date: Sat, 31 Jan 2026 12:00:00 GMT");
    },
    get body() {
      return bodyOf();
    },
    async more(isEnough) {
      while (!text.includes("\r\n\r\n") || !isEnough(bodyOf())) {
        if (socket.destroyed) throw new Error(`The connection ended early:\n${text}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    closed,
  };
  await reader.more(
    (body) => body.includes("event: tidings:live\ndata: {}\n\n") || body.includes("tidings:end") || isComplete(),
  );
  return reader;
}
