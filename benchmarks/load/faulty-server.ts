import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { onTestFinished } from "vitest";

/** The head of a stream, but for its framing. */
export const STREAM = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
export const CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";

export interface Event {
  /** From 0, in the order in which they came. */
  readonly number: number;
  readonly topic: string;
  /** As it is written to readers. */
  readonly block: string;
}

/** Does to one reader what the server is to do with one event. The publisher's answer waits for it. */
export type Deliver = (reader: FaultyReader, event: Event) => unknown;

export interface Behaviour {
  /** Instead of the head of each stream, or of those of some readers. */
  readonly head?: string | ((reader: number) => string);
  /** Right after the head, with the events that it missed, if it comes back. Otherwise a chunk for each. */
  readonly open?: (reader: FaultyReader, missed: readonly Event[]) => unknown;
  /** Otherwise `deliverRight`. */
  readonly deliver?: Deliver;
  /** Instead of the answer to each publication. */
  readonly answer?: string;
}

export class FaultyReader {
  readonly number: number;
  readonly topics: readonly string[];
  readonly socket: Socket;
  constructor(number: number, request: IncomingMessage) {
    this.number = number;
    this.topics = new URL(request.url ?? "", "http://127.0.0.1").searchParams.getAll("topic");
    this.socket = request.socket;
  }
  raw(bytes: string): void {
    if (this.socket.writable) this.socket.write(bytes);
  }
  chunk(text: string): void {
    this.raw(toChunk(text));
  }
  /** A chunk each so many milliseconds, until the reader has gone. */
  every(milliseconds: number, text: string): void {
    const timer = setInterval(() => this.chunk(text), milliseconds);
    this.socket.on("close", () => clearInterval(timer));
  }
}

export function toChunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

/** What every server is to do. */
export const deliverRight: Deliver = (reader, { topic, block }) => {
  if (reader.topics.includes(topic)) reader.chunk(block);
};

function replay(reader: FaultyReader, missed: readonly Event[]): void {
  for (const { block } of missed) reader.chunk(block);
}

/**
 * A server as those that are measured, on a free port of loopback until the test is over: right in all but what its
 * behaviour says.
 */
export async function startFaultyServer(behaviour: Behaviour = {}): Promise<{ port: number; readers: FaultyReader[] }> {
  const { head = STREAM + CHUNKED, open = replay, deliver = deliverRight, answer } = behaviour;
  const readers: FaultyReader[] = [];
  const events: Event[] = [];
  const sockets = new Set<Socket>();

  const server = createServer(async (request, response) => {
    const { socket } = request;
    if (request.method === "GET") {
      response.detachSocket(socket);
      socket.setNoDelay(true).on("error", () => {});
      const reader = new FaultyReader(readers.length, request);
      readers.push(reader);
      reader.raw(typeof head === "string" ? head : head(reader.number));
      const lastId = request.headers["last-event-id"];
      open(reader, lastId === undefined ? [] : events.slice(Number(lastId) + 1));
      return;
    }
    const topic = request.url?.slice("/topics/".length) ?? "";
    const data = (await request.setEncoding("utf8").toArray()).join("");
    const event = { number: events.length, topic, block: `id: ${events.length}\ndata: ${data}\n\n` };
    events.push(event);
    await Promise.all(readers.map((reader) => deliver(reader, event)));
    if (answer === undefined) response.writeHead(201, { "content-length": 0 }).end();
    else socket.write(answer);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, readers };
}
