import type { ServerResponse } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import type { Stream } from "../hub/types.ts";
import type { Sink } from "../ports/sink.ts";
import { type NodeRequest, type NodeResponse, queuedBytes, writeHead } from "./node.ts";

/** Where the body goes: of HTTP/2 the stream itself, which leaves out a layer. Both have the same shape here. */
type Body = (ServerResponse | ServerHttp2Stream) & { flush?(): void };

/**
 * Streams through a response as any handler does, with HTTP's own framing: an end and a cut are two things to the reader,
 * and the connection serves other requests afterwards. For HTTP/2, for one-off streams, and where there is no socket to take.
 *
 * @throws Error `ERR_HTTP_HEADERS_SENT` if the response is taken already
 */
export function openResponseStream(request: NodeRequest, response: NodeResponse, stream: Stream): void {
  writeHead(response, stream.headers);
  const body: Body = "stream" in response ? response.stream : response;
  // A response that waits for its turn behind another is told nothing when the socket closes.
  const socket = "stream" in response ? undefined : request.socket;
  body.on("error", ignore);
  const handle = stream.open(new BodySink(body));
  const onClose = (): void => {
    body.removeListener("close", onClose);
    socket?.removeListener("close", onClose);
    handle.closed();
  };
  if (body.destroyed || socket?.destroyed) {
    handle.closed();
    return;
  }
  body.on("drain", () => handle.drained());
  body.on("close", onClose);
  socket?.on("close", onClose);
}

class BodySink implements Sink {
  readonly #body: Body;

  constructor(body: Body) {
    this.#body = body;
  }

  write(bytes: Uint8Array): void {
    if (this.#body.destroyed || this.#body.writableEnded) return;
    this.#body.write(bytes);
    // Of compressors that put themselves between: what they hold back is no event yet.
    this.#body.flush?.();
  }

  /** Below the high-water mark nothing is held worth counting, and no `drain` would follow. */
  get buffered(): number {
    return this.#body.writableNeedDrain ? this.#body.writableLength : 0;
  }

  get progress(): number {
    const queued = "socket" in this.#body ? queuedBytes(this.#body.socket) : 0;
    return this.#body.writableLength * 2 ** 20 + queued;
  }

  get transport(): string {
    return "session" in this.#body ? "http/2" : "http/1.1";
  }

  end(): void {
    this.#body.end();
  }

  /** HTTP/2 calls a stream that is destroyed without an error complete (RST_STREAM with NO_ERROR). */
  destroy(): void {
    this.#body.destroy("session" in this.#body ? new Error("The stream was cut.") : undefined);
  }
}

/** `close` follows, and says all there is to say. */
function ignore(): void {}
