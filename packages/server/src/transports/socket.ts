import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Stream, StreamHandle } from "../hub/types.ts";
import type { Sink } from "../ports/sink.ts";
import { queuedBytes, writeHead } from "./node.ts";
import { takeSocket } from "./take-socket.ts";

/** The connection behind a socket; on the socket itself, so that its listeners are five functions for all sockets. */
const HANDLE = Symbol("tidings.handle");
type StreamSocket = Socket & { [HANDLE]?: StreamHandle | undefined };

/** Headers of other framings, and of encodings that middleware has announced and is not there to apply. */
const FRAMING: ReadonlySet<string> = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "keep-alive",
  "trailer",
  "transfer-encoding",
]);

/**
 * Streams over HTTP/1.x, straight onto the socket. The response is delimited by the end of the connection
 * (RFC 9112, section 6.3, case 8), so that the same bytes, without chunk framing, serve every reader.
 *
 * To be called only if `canTakeSocket` says so.
 *
 * @throws Error `ERR_HTTP_HEADERS_SENT` if the response is taken already
 */
export function openSocketStream(request: IncomingMessage, response: ServerResponse, stream: Stream): void {
  writeHead(response, stream.headers);
  const head = toHead(response, stream.headers);
  const socket: StreamSocket = takeSocket(request, response);
  // First of all: a write may fail at once, and nobody else listens any more.
  socket.on("error", ignore);
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
  socket.on("drain", onDrain).on("close", onClose).on("data", onData).on("end", onEnd);
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
    return this.#socket.writableLength * 2 ** 20 + queuedBytes(this.#socket);
  }

  get transport(): string {
    return "http/1.1";
  }

  end(): void {
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** The response's head as it goes out; node:http has checked every name and value when it was set. */
function toHead(response: ServerResponse, { "content-encoding": encoding }: Stream["headers"]): string {
  let head = "HTTP/1.1 200 OK\r\n";
  for (const [name, value] of Object.entries(response.getHeaders())) {
    if (value === undefined || FRAMING.has(name)) continue;
    for (const each of Array.isArray(value) ? value : [value]) head += `${name}: ${each}\r\n`;
  }
  if (encoding !== undefined) head += `content-encoding: ${encoding}\r\n`;
  if (!response.hasHeader("date")) head += `date: ${new Date().toUTCString()}\r\n`;
  return `${head}connection: close\r\n\r\n`;
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
