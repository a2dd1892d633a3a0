import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Stream, StreamHandle } from "../hub/types.ts";
import type { Sink } from "../ports/sink.ts";
import { takeSocket } from "./take-socket.ts";

/** The connection behind a socket; on the socket itself, so that its listeners are five functions for all sockets. */
const HANDLE = Symbol("tidings.handle");
type StreamSocket = Socket & { [HANDLE]?: StreamHandle | undefined };

/** Headers of the response so far that do not go with a stream which ends when the connection does. */
const FRAMING: ReadonlySet<string> = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "keep-alive",
  "transfer-encoding",
]);

/**
 * Streams over HTTP/1.x, straight onto the socket. The response is delimited by the end of the connection
 * (RFC 9112, section 6.3, case 8), so that the same bytes, without chunk framing, serve every reader.
 */
export function openSocketStream(request: IncomingMessage, response: ServerResponse, stream: Stream): void {
  const head = toHead(response, stream.headers);
  const socket: StreamSocket = takeSocket(request, response);
  // The head and the first blocks go out in one write, and at once.
  socket.cork();
  socket.write(head, "latin1");
  const handle = stream.open(new SocketSink(socket));
  socket.uncork();
  if (socket.destroyed) {
    handle.closed();
    return;
  }
  socket[HANDLE] = handle;
  socket.on("drain", onDrain).on("close", onClose).on("error", ignore).on("data", onData).on("end", onEnd);
}

class SocketSink implements Sink {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  write(bytes: Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  /** Below the socket's own high-water mark nothing is held worth counting, and no `drain` would follow. */
  get buffered(): number {
    return this.#socket.writableNeedDrain ? this.#socket.writableLength : 0;
  }

  /** `writableLength` moves when a whole write is done; the handle's queue, with every byte the kernel takes. */
  get progress(): number {
    const { _handle: handle } = this.#socket as unknown as { _handle?: { writeQueueSize?: number } | null };
    return this.#socket.writableLength * 2 ** 20 + (handle?.writeQueueSize ?? 0);
  }

  end(): void {
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

function toHead(response: ServerResponse, headers: Readonly<Record<string, string>>): string {
  let head = "HTTP/1.1 200 OK\r\n";
  const add = (name: string, value: string): void => {
    head += `${name}: ${value}\r\n`;
  };
  // What middleware has set so far (CORS, cookies) goes along; node:http has checked it when it was set.
  for (const name of response.getHeaderNames()) {
    if (FRAMING.has(name) || name in headers) continue;
    const value = response.getHeader(name);
    for (const each of Array.isArray(value) ? value : [String(value)]) add(name, each);
  }
  for (const [name, value] of Object.entries(headers)) add(name, value);
  if (!response.hasHeader("date")) add("date", new Date().toUTCString());
  add("connection", "close");
  return `${head}\r\n`;
}

function onDrain(this: StreamSocket): void {
  this[HANDLE]?.drained();
}

function onClose(this: StreamSocket): void {
  this[HANDLE]?.closed();
  this[HANDLE] = undefined;
}

/** Anything a reader sends behind its request is a pipelined request, which has no answer here. */
function onData(this: StreamSocket): void {
  this.destroy();
}

function onEnd(this: StreamSocket): void {
  this.destroy();
}

/** `close` follows, and says all there is to say. */
function ignore(): void {}
