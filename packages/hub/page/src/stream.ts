import { createParser, type ParsedEvent } from "@tidings/wire";
import { HubError, toHubError } from "./model/api.ts";

/** Where a stream is in its life. */
export type StreamState =
  | { readonly phase: "connecting" | "catching-up" | "live" | "ended" }
  /** Cut; the next attempt is at `retryAt`, milliseconds since 1970. */
  | { readonly phase: "waiting" | "offline"; readonly retryAt: number }
  /** The hub will not have it; trying again by itself would not help. */
  | { readonly phase: "refused"; readonly detail: string };

/** Options of {@link openStream}. */
export interface StreamOptions {
  /** `/events` with its query. */
  readonly url: string;
  /** The one topic listened to, whose end is the end of the stream. Absent for a pattern. */
  readonly topic: string | undefined;
  /** Gets every event but the hub's own, in order, each once. */
  readonly onEvent: (event: ParsedEvent) => void;
  /** Gets the hub's own events: `tidings:open`, `tidings:gap` and so on, with data parsed. */
  readonly onControl: (event: ParsedEvent, data: Record<string, unknown>) => void;
  readonly onState: (state: StreamState) => void;
}

/** An open stream. */
export interface Stream {
  /** The id it would resume after. Empty at first. */
  readonly cursor: string;
  /** Ends a wait. */
  retry(): void;
  close(): void;
}

/** Milliseconds between attempts, until the hub says otherwise with `retry:`. */
const DEFAULT_RETRY = 2_000;

/** Milliseconds that a wait grows to, at most. */
const MAX_RETRY = 30_000;

/** Milliseconds without a byte after which a stream is taken for dead, until the hub announces its heartbeat. */
const DEFAULT_SILENCE = 45_000;

/**
 * Reads `/events` and comes back after every cut, where it left off, until closed, ended or refused.
 *
 * Not `EventSource`: that fires only for event names known beforehand, hides the `topic:` field and the reason of a
 * refusal, and does not notice a connection that has died silently.
 */
export function openStream({ url, topic, onEvent, onControl, onState }: StreamOptions): Stream {
  let cursor = "";
  let retry = DEFAULT_RETRY;
  let silence = DEFAULT_SILENCE;
  let failures = 0;
  let closed = false;
  let attempt = new AbortController();
  let endWait = (): void => {};

  const wake = (): void => endWait();
  const report = (state: StreamState): void => {
    if (!closed) onState(state);
  };

  async function run(): Promise<void> {
    while (!closed) {
      report({ phase: "connecting" });
      const outcome = await connectOnce();
      if (closed) return;
      if (outcome !== "cut") {
        report(outcome);
        return close();
      }
      const delay = toDelay(retry, failures++);
      report({ phase: navigator.onLine ? "waiting" : "offline", retryAt: Date.now() + delay });
      await wait(delay);
    }
  }

  /** One response, from request to end. */
  async function connectOnce(): Promise<"cut" | StreamState> {
    attempt = new AbortController();
    const watchdog = createWatchdog(() => attempt.abort());
    watchdog.restart(silence);
    try {
      const response = await fetch(url, {
        headers: { accept: "text/event-stream, application/problem+json", ...(cursor && { "last-event-id": cursor }) },
        cache: "no-store",
        signal: attempt.signal,
      });
      if (response.status === 204) return { phase: "ended" };
      if (!response.ok) {
        const error = await toHubError(response);
        retry = toRetryAfter(response) ?? retry;
        return isPassing(response.status) ? "cut" : { phase: "refused", detail: error.message };
      }
      return await read(response, () => watchdog.restart(silence));
    } catch (error) {
      if (error instanceof HubError) return { phase: "refused", detail: error.message };
      return "cut";
    } finally {
      watchdog.stop();
      attempt.abort();
    }
  }

  async function read(response: Response, onBytes: () => void): Promise<"cut" | StreamState> {
    const type = response.headers.get("content-type") ?? "nothing";
    if (!type.startsWith("text/event-stream") || response.body === null) {
      throw new HubError(`Expected a stream of events, got ${type}. Is something between this page and the hub?`);
    }
    let farewell: StreamState | undefined;
    const parser = createParser({
      lastEventId: cursor,
      onEvent(event) {
        cursor = event.id;
        if (!event.event.startsWith("tidings:")) return onEvent(event);
        const data = toRecord(event.data);
        if (event.event === "tidings:open") {
          failures = 0;
          // Two heartbeats and a network's worth of patience.
          if (typeof data.heartbeat === "number") silence = 2 * data.heartbeat + 5_000;
          report({ phase: "catching-up" });
        } else if (event.event === "tidings:live") report({ phase: "live" });
        else if (event.event === "tidings:end" && event.topic === topic) farewell = { phase: "ended" };
        else if (event.event === "tidings:bye" && data.reconnect === false) {
          farewell = { phase: "refused", detail: `The hub closed this connection (${data.reason}).` };
        }
        onControl(event, data);
      },
      onId(id) {
        cursor = id;
      },
      onRetry(milliseconds) {
        retry = milliseconds;
      },
    });
    const reader = response.body.getReader();
    while (!closed) {
      const { value, done } = await reader.read();
      if (done) break;
      // Closing while a chunk is on its way must not hand it to a page that has moved on.
      if (closed) break;
      onBytes();
      parser.feed(value);
    }
    return farewell ?? "cut";
  }

  function wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      endWait = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  function close(): void {
    closed = true;
    window.removeEventListener("online", wake);
    document.removeEventListener("visibilitychange", wake);
    attempt.abort();
    endWait();
  }

  window.addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);
  void run();

  return {
    get cursor() {
      return cursor;
    },
    retry: wake,
    close,
  };
}

/** The hub's `retry:` is jittered already; from the second failure on it doubles, between a half and the whole of it. */
function toDelay(retry: number, failures: number): number {
  if (failures === 0) return Math.min(retry, MAX_RETRY);
  return Math.min(retry * 2 ** failures, MAX_RETRY) * (0.5 + Math.random() / 2);
}

/** Too many requests, or a failure of the hub or of something before it. */
function isPassing(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

function toRetryAfter(response: Response): number | undefined {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return seconds > 0 ? seconds * 1_000 : undefined;
}

function createWatchdog(bark: () => void): { restart(milliseconds: number): void; stop(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = (): void => clearTimeout(timer);
  return {
    restart(milliseconds) {
      stop();
      timer = setTimeout(bark, milliseconds);
    },
    stop,
  };
}

function toRecord(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
