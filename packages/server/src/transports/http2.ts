import type { Http2ServerResponse, ServerHttp2Stream } from "node:http2";
import type { Stream } from "../hub/types.ts";
import type { Sink } from "../ports/sink.ts";

/** Headers that HTTP/2 does not know (RFC 9113, section 8.2.2), or that do not go with a stream. */
const FRAMING: ReadonlySet<string> = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "keep-alive",
  "transfer-encoding",
]);

/** Streams over HTTP/2, as DATA frames of one of the connection's streams. */
export function openHttp2Stream(response: Http2ServerResponse, stream: Stream): void {
  const http2 = response.stream;
  const set = Object.entries(response.getHeaders()).filter(([name]) => !FRAMING.has(name));
  if (!http2.destroyed) http2.respond({ ...Object.fromEntries(set), ":status": 200, ...stream.headers });
  const handle = stream.open(new Http2Sink(http2));
  if (http2.destroyed) {
    handle.closed();
    return;
  }
  http2.on("drain", () => handle.drained());
  http2.on("close", () => handle.closed());
  http2.on("error", () => {});
}

class Http2Sink implements Sink {
  readonly #stream: ServerHttp2Stream;

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
  }

  write(bytes: Uint8Array): void {
    if (!this.#stream.destroyed && !this.#stream.writableEnded) this.#stream.write(bytes);
  }

  get buffered(): number {
    return this.#stream.writableNeedDrain ? this.#stream.writableLength : 0;
  }

  get progress(): number {
    return this.#stream.writableLength;
  }

  end(): void {
    this.#stream.end();
  }

  destroy(): void {
    this.#stream.destroy();
  }
}
