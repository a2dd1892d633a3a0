import { encodeComment, encodeEvent } from "@tidings/wire";
import { TidingsError } from "./errors.ts";
import { STREAM_HEADERS } from "./hub/admission.ts";
import { toBytes } from "./hub/blocks.ts";
import { toData } from "./hub/publication.ts";
import { systemRuntime } from "./hub/timers.ts";
import type { Stream, StreamHandle } from "./hub/types.ts";
import type { Runtime } from "./ports/runtime.ts";
import type { Sink } from "./ports/sink.ts";

/** One event of a one-off stream. A field that is absent is not written. */
export interface SseEvent {
  /** A string goes out as it is, any other value as JSON. Without it, a reader dispatches nothing. */
  readonly data?: unknown;
  /** The event's name. Default: none, which every `EventSource` takes as `message`. */
  readonly event?: string;
  /** What the reader comes back with as its last event id. */
  readonly id?: string;
  /** The reconnection time, in milliseconds. */
  readonly retry?: number;
}

/** What a source is told of its reader. */
export interface SseContext {
  /** Fires when the reader is gone. */
  readonly signal: AbortSignal;
  /** The id the reader comes back with, if it does: the header, or `?lastEventId=`. */
  readonly lastEventId: string | undefined;
}

/** Where the events of a one-off stream come from; a string is its data. */
export type SseSource = (context: SseContext) => AsyncIterable<string | SseEvent>;

/** Options of `sse`. */
export interface SseOptions {
  /** Milliseconds of silence within which a comment is sent. Default 15,000. */
  readonly heartbeat?: number;
  /**
   * Told of what the source throws, and of events that cannot be written. The reader sees no more of it than that its
   * stream is cut.
   */
  readonly onError?: (error: unknown) => void;
  /** Time, chance and the event loop. For tests. */
  readonly runtime?: Runtime;
}

const FIELDS: ReadonlySet<string> = new Set<keyof SseEvent>(["data", "event", "id", "retry"]);

const DEFAULT_HEARTBEAT = 15_000;

/** Ticks in one heartbeat interval. */
const TICKS = 5;

/** Ticks without any progress after which a reader that does not read is cut: 120 s by default, as for a hub's. */
const STALL_TICKS = 8 * TICKS;

/** Events after which a source that never waits lets the event loop have a turn. */
const BURST = 256;

/** Sent first, so that whoever waits for a first byte of the body has it, and as a heartbeat. */
const COMMENT = toBytes(encodeComment(""));

/**
 * A source as a stream that any transport can open, without a hub. The source is started when it is opened, and asked
 * for its next event only when the transport has taken the one before.
 *
 * @throws TidingsError `invalid_option`
 */
export function toSourceStream(source: SseSource, lastEventId: string | undefined, options: SseOptions): Stream {
  const { heartbeat = DEFAULT_HEARTBEAT } = options;
  if (!(heartbeat > 0)) {
    throw new TidingsError("invalid_option", "The option heartbeat must be a number above 0.", { field: "heartbeat" });
  }
  return {
    kind: "stream",
    status: 200,
    headers: STREAM_HEADERS,
    open: (sink) => new SourceStream(sink, source, lastEventId, heartbeat, options),
  };
}

/** One open stream of a source: pulls, writes, waits; and ends, or is cut. */
class SourceStream implements StreamHandle {
  readonly #sink: Sink;
  readonly #runtime: Runtime;
  readonly #onError: (error: unknown) => void;
  readonly #gone = new AbortController();
  readonly #stopTicking: () => void;
  #drained: (() => void) | undefined;
  #isDone = false;
  /** Ticks since the last write, and since the reader last took anything of what waits for it. */
  #quiet = 0;
  #stalled = 0;
  #progress = 0;

  constructor(
    sink: Sink,
    source: SseSource,
    lastEventId: string | undefined,
    heartbeat: number,
    { runtime = systemRuntime, onError = () => {} }: SseOptions,
  ) {
    this.#sink = sink;
    this.#runtime = runtime;
    this.#onError = onError;
    this.#stopTicking = runtime.every(heartbeat / TICKS, () => this.#tick());
    sink.write(COMMENT);
    void this.#run(source, lastEventId);
  }

  drained(): void {
    this.#drained?.();
  }

  closed(): void {
    this.#stopTicking();
    if (!this.#isDone) this.#gone.abort(new DOMException("The reader is gone.", "AbortError"));
    this.#drained?.();
  }

  async #run(source: SseSource, lastEventId: string | undefined): Promise<void> {
    const { signal } = this.#gone;
    try {
      // What was written so far goes out before the source gets to work.
      await undefined;
      if (signal.aborted) return;
      const events = source({ signal, lastEventId })[Symbol.asyncIterator]();
      // At once, and not when its next event comes: that may be never.
      const stop = (): void => this.#close(events);
      signal.addEventListener("abort", stop);
      try {
        await this.#writeAll(events, signal);
      } catch (error) {
        if (!signal.aborted) stop();
        throw error;
      }
      this.#isDone = true;
      this.#sink.end();
    } catch (error) {
      this.#isDone = true;
      this.#sink.destroy();
      this.#tell(error);
    }
  }

  async #writeAll(events: AsyncIterator<string | SseEvent>, signal: AbortSignal): Promise<void> {
    for (let count = 1; ; count++) {
      const next = await events.next();
      if (next.done || signal.aborted) return;
      this.#quiet = 0;
      this.#sink.write(encode(next.value));
      if (this.#sink.buffered > 0) await this.#untilDrained(signal);
      else if (count % BURST === 0) await new Promise<void>((resolve) => this.#runtime.atEndOfTurn(resolve));
      if (signal.aborted) return;
    }
  }

  async #untilDrained(signal: AbortSignal): Promise<void> {
    while (this.#sink.buffered > 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
    this.#drained = undefined;
  }

  #close(events: AsyncIterator<string | SseEvent>): void {
    // Not awaited: a source that waits for its next value cannot be closed before that comes.
    void Promise.resolve(events.return?.()).catch((error: unknown) => this.#tell(error));
  }

  #tick(): void {
    if (this.#sink.buffered === 0) {
      this.#stalled = 0;
      this.#quiet++;
      if (this.#quiet < TICKS) return;
      this.#quiet = 0;
      this.#sink.write(COMMENT);
      return;
    }
    const { progress } = this.#sink;
    this.#stalled = progress === this.#progress ? this.#stalled + 1 : 0;
    this.#progress = progress;
    if (this.#stalled >= STALL_TICKS) this.#sink.destroy();
  }

  /** A source that stops because its reader is gone says so with the signal's reason, or an `AbortError` of its own. */
  #tell(error: unknown): void {
    const isAbort = this.#gone.signal.aborted && error instanceof Error && error.name === "AbortError";
    if (!isAbort) this.#onError(error);
  }
}

function encode(event: string | SseEvent): Uint8Array {
  if (typeof event === "string") return toBytes(encodeEvent({ data: event }));
  const unknown = Object.keys(event ?? {}).find((key) => !FIELDS.has(key));
  if (typeof event !== "object" || event === null || unknown !== undefined) {
    const what = unknown === undefined ? `a ${event === null ? "null" : typeof event}` : `the field "${unknown}"`;
    const sentence = `An event is a string or { data, event, id, retry }, not ${what}; yield { data: ... }.`;
    throw new TidingsError("invalid_data", sentence, { field: unknown ?? "data" });
  }
  const { data, ...fields } = event;
  return toBytes(
    encodeEvent(data === undefined ? fields : { ...fields, data: toData(data, Number.POSITIVE_INFINITY) }),
  );
}
