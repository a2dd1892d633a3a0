import type { Stream, StreamHandle } from "../hub/types.ts";
import type { Sink } from "../ports/sink.ts";

/** Bytes that may wait in the stream before its connection counts as behind. */
const HIGH_WATER_MARK = 64 * 1024;

/** Streams into the body of a web-standard `Response`. */
export function toReadableStream(stream: Stream, signal: AbortSignal): ReadableStream<Uint8Array> {
  let handle: StreamHandle | undefined;
  const closed = (): void => {
    signal.removeEventListener("abort", closed);
    handle?.closed();
  };
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        handle = stream.open(new ControllerSink(controller, closed));
        if (signal.aborted) closed();
        else signal.addEventListener("abort", closed);
      },
      pull: () => handle?.drained(),
      cancel: closed,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_MARK }),
  );
}

class ControllerSink implements Sink {
  readonly #controller: ReadableStreamDefaultController<Uint8Array>;
  readonly #closed: () => void;
  #isOpen = true;

  constructor(controller: ReadableStreamDefaultController<Uint8Array>, closed: () => void) {
    this.#controller = controller;
    this.#closed = closed;
  }

  write(bytes: Uint8Array): void {
    if (!this.#isOpen) return;
    try {
      this.#controller.enqueue(bytes);
    } catch {
      // The reader has cancelled; `cancel` says so to the engine.
      this.#isOpen = false;
    }
  }

  get buffered(): number {
    const room = this.#controller.desiredSize ?? HIGH_WATER_MARK;
    return room > 0 ? 0 : HIGH_WATER_MARK - room;
  }

  get progress(): number {
    return this.#controller.desiredSize ?? 0;
  }

  end(): void {
    this.#close(() => this.#controller.close());
  }

  destroy(): void {
    this.#close(() => this.#controller.error(new Error("The connection was closed.")));
  }

  #close(close: () => void): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      close();
    } catch {
      // Closed from the other side already.
    }
    // In its own turn: the engine is told of an end by its transport, never from within its own call.
    queueMicrotask(this.#closed);
  }
}
