import { createParser, WireError } from "@tidings/wire";
import { parseRetryAfter } from "./backoff.ts";
import type { Delivery } from "./delivery.ts";
import type { Environment } from "./environment.ts";
import { ClientError } from "./errors.ts";
import type { LateDelivery } from "./late-delivery.ts";
import type { Request } from "./request.ts";
import { PROBLEM_TIMEOUT, toRefusal } from "./response.ts";

/** How an attempt ended. */
export interface End {
  /** Trying again cannot mend it. */
  readonly isFinal?: boolean;
  /** The server ended the stream in order, as far as HTTP tells. */
  readonly isClean?: boolean;
  readonly error?: ClientError | undefined;
  /** What the server answered with, if it did. */
  readonly status?: number | undefined;
  /** Milliseconds that the server asked to wait. */
  readonly retryAfter?: number | undefined;
}

/** What one attempt needs. */
export interface AttemptOptions {
  readonly environment: Environment;
  readonly fetch: typeof globalThis.fetch;
  /** Makes the request. @throws {ClientError} `headers_failed` */
  readonly request: (signal: AbortSignal) => Promise<Request>;
  /** What the parser starts from. */
  readonly lastEventId: string;
  readonly delivery: Delivery;
  readonly late: LateDelivery;
  /** Whether this server has shown itself to be a Tidings hub, on an earlier connection. */
  readonly isHub: boolean;
  /** Topics are asked for. */
  readonly hasTopics: boolean;
  /** The stall time as of now, in milliseconds; undefined for none. */
  readonly stall: () => number | undefined;
  /** What came has been delivered. Settles when more may be read. */
  readonly onRead: () => Promise<void> | undefined;
}

/**
 * How long a first block may take to come after its headers before the connection is told to be open without it. A hub's
 * come together; another server may say nothing for hours.
 */
const FIRST_BLOCK = 100;

/** One request, from asking to the last byte. Aborting the controller ends it, in whatever it is doing. */
export async function attempt(options: AttemptOptions, controller: AbortController): Promise<End> {
  const { environment, fetch, request, late, delivery, stall } = options;
  const { signal } = controller;
  let stopOpening = (): void => {};
  let stopWatching = (): void => {};
  let response: Response | undefined;
  /** Not all that a program gives, its `fetch` and its `headers`, ends with the signal. */
  const cut = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => {
      late.stop();
      reject(signal.reason);
    });
  });
  const watch = (limit: number | undefined): void => {
    stopWatching();
    if (limit === undefined) return;
    stopWatching = environment.after(limit, () =>
      controller.abort(new ClientError("stalled", "Nothing came for the stall time.")),
    );
  };
  try {
    const { url, init } = await Promise.race([cut, request(signal)]);
    watch(stall());
    late.asked();
    response = await Promise.race([cut, fetch(url, init)]);
    watch(undefined);
    const { status, headers } = response;
    if (status === 204) return { isFinal: true, status };
    const wait = new Promise<undefined>((resolve) => {
      stopOpening = environment.after(PROBLEM_TIMEOUT, () => resolve(undefined));
    });
    const refusal = await Promise.race([cut, toRefusal(response, wait)]);
    stopOpening();
    if (refusal !== undefined) {
      const passes = status === 429 || status >= 500;
      return { isFinal: !passes, status, error: refusal, retryAfter: parseRetryAfter(headers, environment.date()) };
    }
    // The very words of a hub, together with topics, are taken for one.
    late.answered(options.isHub || (options.hasTopics && headers.get("cache-control") === "no-store, no-transform"));
    stopOpening = environment.after(FIRST_BLOCK, delivery.open);
    if (response.body !== null) await read(response.body, options, watch, signal);
    return toEnd(delivery, status);
  } catch (cause) {
    const error = signal.aborted ? signal.reason : cause;
    if (error instanceof ClientError) return { error, status: response?.status };
    if (error instanceof WireError) {
      return { isFinal: true, error: new ClientError("protocol", error.message, { cause }), status: response?.status };
    }
    const message = `The network failed: ${describe(cause)}.`;
    return { error: new ClientError("network", message, { cause }), status: response?.status };
  } finally {
    stopOpening();
    stopWatching();
    late.stop();
  }
}

/** @throws what the body does, and WireError */
async function read(
  body: ReadableStream<Uint8Array>,
  { lastEventId, delivery, late, stall, onRead }: AttemptOptions,
  watch: (limit: number | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  const parser = createParser({ lastEventId, ...delivery });
  const reader = body.getReader();
  const cancel = (): void => {
    // Also what is left of a piece of which an event has closed the stream.
    parser.reset();
    reader.cancel().catch(() => {});
  };
  signal.addEventListener("abort", cancel);
  try {
    for (;;) {
      watch(stall());
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return;
      parser.feed(value);
      late.received();
      // What is not read does not come: no watching while the reader is slow.
      watch(undefined);
      await delivery.pending();
      await onRead();
      signal.throwIfAborted();
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}

function toEnd({ farewell }: Delivery, status: number): End {
  if (farewell === "leave") return { isFinal: true, status };
  if (farewell !== undefined) return { isClean: true, status };
  return { isClean: true, status, error: new ClientError("network", "The server closed without a word.") };
}

function describe(cause: unknown): string {
  const { message, cause: inner } = cause as { message?: string; cause?: { code?: string; message?: string } };
  return inner?.code ?? inner?.message ?? message ?? String(cause);
}
