import type { Stream, StreamHandle } from "../hub/types.ts";
import type { Sink } from "../ports/sink.ts";

/** Bytes that may wait in the stream before its connection counts as behind. */
const HIGH_WATER_MARK = 64 * 1024;

/**
 * Streams into the body of a web-standard `Response`. The reader is gone when it cancels the body, or when `signal`,
 * the request's, fires, which ends the body.
 */
export function toReadableStream(stream: Stream, signal: AbortSignal): ReadableStream<Uint8Array> {
  let handle: StreamHandle | undefined;
  let sink: ControllerSink | undefined;
  const onAbort = (): void => sink?.end();
  const closed = (): void => {
    signal.removeEventListener("abort", onAbort);
    handle?.closed();
    handle = undefined;
  };
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        sink = new ControllerSink(controller, closed);
        handle = stream.open(sink);
        signal.addEventListener("abort", onAbort);
        if (signal.aborted) onAbort();
      },
      pull: () => handle?.drained(),
      cancel: () => sink?.cancelled(),
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
    if (this.#isOpen) this.#controller.enqueue(bytes);
  }

  get buffered(): number {
    const free = this.#isOpen ? (this.#controller.desiredSize ?? HIGH_WATER_MARK) : HIGH_WATER_MARK;
    return free > 0 ? 0 : HIGH_WATER_MARK - free;
  }

  get progress(): number {
    return this.#controller.desiredSize ?? 0;
  }

  get transport(): string {
    return "fetch";
  }

  /** What is in the stream already can still be read. */
  end(): void {
    this.#close(() => this.#controller.close());
  }

  destroy(): void {
    this.#close(() => this.#controller.error(new Error("The stream was cut.")));
  }

  /** The reader has closed it. */
  cancelled(): void {
    this.#close(() => {});
  }

  #close(close: () => void): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    close();
    // In its own turn: the engine is told of an end by its transport, never from within its own call.
    queueMicrotask(this.#closed);
  }
}
