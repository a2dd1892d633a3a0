import { createStreamParser, createUtf8Decoder, type ParsedEvent, WireError } from "@tidings/wire";
import { isFutile } from "./futile.ts";
import { createHandlers } from "./handlers.ts";
import type { EventSourceOptions } from "./options.ts";
import { parseUrl, toRequest } from "./request.ts";
import { nextTask, queueTask } from "./tasks.ts";

// The standard's processing model, whole and in its own order, hence one class in one file.

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;

/** "An implementation-defined value, probably in the region of a few seconds": Chromium's. */
const RECONNECTION_TIME = 3_000;
/** What `setTimeout` can wait, 24.8 days; it takes a longer time as none. */
const MAX_DELAY = 2 ** 31 - 1;
/** At most this is added to the reconnection time when attempts fail one after the other. */
const MAX_BACKOFF = 30_000;

/** `text/event-stream` as the last of what may be several values joined, with or without parameters. */
const EVENT_STREAM = /(?:^|,)[\t ]*text\/event-stream[\t ]*(?:;[^,]*)?$/i;

/**
 * Listens to a stream of server-sent events over `fetch`, and takes the place of the browser's `EventSource`: the same
 * members, the same events in the same order, the same requests. What it adds are options: `headers`, `fetch`, `base`.
 *
 * It runs in pages, workers, Node, Deno and Bun. Two things a class in JavaScript cannot do: its events have `isTrusted`
 * false, and across origins a browser sends `Last-Event-ID` only to a server that allows this header (CORS preflight).
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface is overloads of inherited methods alone
export class EventSource extends EventTarget {
  static get CONNECTING(): 0 {
    return CONNECTING;
  }
  static get OPEN(): 1 {
    return OPEN;
  }
  static get CLOSED(): 2 {
    return CLOSED;
  }

  readonly #url: URL;
  readonly #options: EventSourceOptions;
  readonly #handlers = createHandlers(this);
  #readyState: 0 | 1 | 2 = CONNECTING;
  #reconnectionTime = RECONNECTION_TIME;
  /** What goes on belongs to one attempt at a time. It stops, wherever it is, when that one is aborted: by `close()`. */
  #attempt = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Attempts since the last one that opened. */
  #failures = 0;
  #hasOpened = false;
  /** It outlives connections: a stream that is cut before its first id leaves the one that is remembered. */
  #lastEventId = "";

  /**
   * Starts listening. Nothing is dispatched before the caller's own code has returned.
   *
   * @throws {DOMException} `SyntaxError` if `url` is none
   * @throws {TypeError} if an option is of the wrong type
   */
  constructor(url: string | URL, options: EventSourceOptions | null = {}) {
    super();
    // biome-ignore lint/complexity/noArguments: undefined is a URL ("undefined"), and no argument is an error
    if (arguments.length === 0) throw new TypeError("EventSource: 1 argument required, but only 0 present.");
    // What JavaScript, not TypeScript, may give: null for no options, and any value for a boolean.
    this.#options = { ...options };
    this.#url = parseUrl(url, this.#options.base);
    // Refused here, where it is seen, rather than at each attempt.
    if (typeof this.#options.headers !== "function") new Headers(this.#options.headers);
    void this.#connect();
  }

  /** The URL it was given, made absolute; redirects do not change it. */
  get url(): string {
    return this.#url.href;
  }

  get withCredentials(): boolean {
    return Boolean(this.#options.withCredentials);
  }

  /** `CONNECTING` (0), also while it waits to reconnect; `OPEN` (1); or `CLOSED` (2), for good. */
  get readyState(): 0 | 1 | 2 {
    return this.#readyState;
  }

  get CONNECTING(): 0 {
    return CONNECTING;
  }
  get OPEN(): 1 {
    return OPEN;
  }
  get CLOSED(): 2 {
    return CLOSED;
  }

  /** Called when a stream opens, each time. */
  get onopen(): ((event: Event) => unknown) | null {
    return this.#handlers.get("open");
  }
  set onopen(value) {
    this.#handlers.set("open", value);
  }

  /** Called for each event without a name of its own. */
  get onmessage(): ((event: MessageEvent<string>) => unknown) | null {
    return this.#handlers.get("message");
  }
  set onmessage(value) {
    this.#handlers.set("message", value);
  }

  /** Called when a connection is lost, or refused for good: `readyState` tells which. */
  get onerror(): ((event: Event) => unknown) | null {
    return this.#handlers.get("error");
  }
  set onerror(value) {
    this.#handlers.set("error", value);
  }

  get [Symbol.toStringTag](): string {
    return "EventSource";
  }

  /**
   * "The close() method must abort any instances of the fetch algorithm started for this EventSource object, and must
   * set the readyState attribute to CLOSED." No event is dispatched after it, not even of what has been received.
   */
  close(): void {
    this.#readyState = CLOSED;
    clearTimeout(this.#timer);
    this.#attempt.abort();
  }

  /** "Fetch request and process the response obtained in this fashion, if any, as described earlier in this section." */
  async #connect(): Promise<void> {
    this.#attempt = new AbortController();
    const { signal } = this.#attempt;
    let request: RequestInit | undefined;
    let response: Response;
    try {
      request = { ...(await toRequest(this.#options, this.#lastEventId)), signal };
      if (signal.aborted) return;
      response = await (this.#options.fetch ?? fetch)(this.url, request);
    } catch (error) {
      if (signal.aborted) return;
      // "If res is an aborted network error, then fail the connection." As by `window.stop()`.
      if (isAborted(error)) return this.#fail(signal);
      // "Otherwise, if res is a network error, then reestablish the connection, unless the user agent knows that to be
      // futile, in which case the user agent may fail the connection." What has been open once may be so again.
      if (request !== undefined && !this.#hasOpened && (await isFutile(this.#url, request, this.#options))) {
        return this.#fail(signal);
      }
      this.#failures++;
      return this.#reestablish(signal);
    }

    const reader = response.body?.getReader();
    // Not left to `fetch`: one that was given as an option may not heed the signal.
    const release = (): void => void reader?.cancel().catch(() => {});
    if (signal.aborted) release();
    else signal.addEventListener("abort", release, { once: true });

    // "Otherwise, if res's status is not 200, or if res's `Content-Type` is not `text/event-stream`, then fail the
    // connection."
    if (response.status !== 200 || !EVENT_STREAM.test(response.headers.get("Content-Type") ?? "")) {
      return this.#fail(signal);
    }
    try {
      await this.#interpret(reader, new URL(response.url || this.#url).origin, signal);
    } catch (error) {
      if (isAborted(error) || error instanceof WireError) return this.#fail(signal);
    }
    // "Let processEventSourceEndOfBody given response res be the following step: if res is not a network error, then
    // reestablish the connection." Ended or cut, it is all one.
    return this.#reestablish(signal);
  }

  /**
   * "Otherwise, announce the connection and interpret res's body line by line", the latter by the parser.
   *
   * @throws {WireError} if an event is longer than the parser holds
   */
  async #interpret(
    reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
    origin: string,
    signal: AbortSignal,
  ): Promise<void> {
    const events: ParsedEvent[] = [];
    const decode = createUtf8Decoder();
    const parse = createStreamParser({
      lastEventId: this.#lastEventId,
      onEvent: (event) => {
        this.#lastEventId = event.id;
        events.push(event);
      },
      onId: (id) => {
        this.#lastEventId = id;
      },
      onRetry: (milliseconds) => {
        this.#reconnectionTime = milliseconds;
      },
    });
    let next = read(reader);
    await this.#announce(signal);
    while (!signal.aborted) {
      const chunk = await next;
      if (signal.aborted || chunk.done) return;
      // Asked for before the events of this one are dispatched: a stream that is cut drops what nobody has asked for.
      next = read(reader);
      let failure: unknown;
      try {
        parse(decode(chunk.value));
      } catch (error) {
        // After the events in front of it.
        failure = error;
      }
      for (const { event, data, id } of events.splice(0)) {
        // "Queue a task which, if the readyState attribute is set to a value other than CLOSED, dispatches the newly
        // created event at the EventSource object." A task for each, but all queued at once: in one turn of Node's loop.
        queueTask(() => {
          if (signal.aborted) return;
          // "Initialize event's type attribute to "message", its data attribute to data, its origin attribute to the
          // serialization of the origin of the event stream's final URL (i.e., the URL after redirects), and its
          // lastEventId attribute to the last event ID string of the event source."
          this.dispatchEvent(new MessageEvent(event, { data, origin, lastEventId: id }));
        });
      }
      await nextTask();
      if (failure !== undefined) throw failure;
    }
  }

  /** "When a user agent is to announce the connection": */
  async #announce(signal: AbortSignal): Promise<void> {
    // "The user agent must queue a task which, if the readyState attribute is set to a value other than CLOSED,
    await nextTask();
    if (signal.aborted) return;
    this.#failures = 0;
    this.#hasOpened = true;
    // sets the readyState attribute to OPEN and fires an event named open at the EventSource object."
    this.#readyState = OPEN;
    this.dispatchEvent(new Event("open"));
  }

  /** "When a user agent is to reestablish the connection": */
  async #reestablish(signal: AbortSignal): Promise<void> {
    // "Queue a task to run the following steps: If the readyState attribute is set to CLOSED, abort the task.
    await nextTask();
    if (signal.aborted) return;
    // Set the readyState attribute to CONNECTING. Fire an event named error at the EventSource object."
    this.#readyState = CONNECTING;
    this.dispatchEvent(new Event("error"));
    if (signal.aborted) return;
    // "Wait a delay equal to the reconnection time of the event source. Optionally, wait some more. In particular, if
    // the previous attempt failed, then user agents might introduce an exponential backoff delay to avoid overloading
    // a potentially already overloaded server." By chance, too, so that those it has lost do not come back as one.
    const backoff = this.#failures === 0 ? 0 : Math.random() * Math.min(500 * 2 ** this.#failures, MAX_BACKOFF);
    // "Queue a task: If the EventSource object's readyState attribute is not set to CONNECTING, then return."
    this.#timer = setTimeout(() => this.#connect(), Math.min(this.#reconnectionTime + backoff, MAX_DELAY));
  }

  /** "When a user agent is to fail the connection": */
  async #fail(signal: AbortSignal): Promise<void> {
    // "The user agent must queue a task which, if the readyState attribute is set to a value other than CLOSED,
    await nextTask();
    if (signal.aborted) return;
    // sets the readyState attribute to CLOSED and fires an event named error at the EventSource object. Once the user
    // agent has failed the connection, it does not attempt to reconnect."
    this.close();
    this.dispatchEvent(new Event("error"));
  }
}

/** The types of what `EventTarget` does. */
export interface EventSource {
  addEventListener(
    type: "open" | "error",
    listener: (this: EventSource, event: Event) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: (this: EventSource, event: MessageEvent<string>) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener(
    type: "open" | "error",
    listener: (this: EventSource, event: Event) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: (this: EventSource, event: MessageEvent<string>) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}

/** The next chunk. Its failure is met where it is waited for, however late that is. */
function read(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  const chunk = reader?.read() ?? Promise.resolve({ done: true, value: undefined });
  chunk.catch(() => {});
  return chunk;
}

/** An abort that `close()` did not ask for; after one that it did, nothing is done any more. */
function isAborted(error: unknown): boolean {
  return (error as Error | undefined)?.name === "AbortError";
}
