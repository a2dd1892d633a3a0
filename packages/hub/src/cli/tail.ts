import { setTimeout as wait } from "node:timers/promises";
import { createParser, type ParsedEvent, WireError } from "@tidings/wire";
import { describeFailure, readRefusal } from "./problem.ts";

/** What a tail tells. */
export interface TailHandlers {
  onEvent(event: ParsedEvent): void;
  /** Something a person should know: a gap, an outage, a refusal. */
  onNote(text: string): void;
  /** Waited for between two chunks, so that a slow output slows the stream. */
  ready(): Promise<void>;
}

/** How one attempt ended: for good, or with how long to wait before the next, in milliseconds. */
type Attempt = { readonly done: "ended" | "refused" } | { readonly wait: number };

/** What is remembered from one attempt to the next. */
interface Memory {
  lastEventId: string;
  retry: number;
  /** Attempts since the last that got a stream. */
  failures: number;
}

/** What a reader is told before it is told anything else. */
const FIRST_RETRY = 2000;
const MAX_BACKOFF = 30_000;
/** Where doubling starts, also after a hub that asked to come back at once. */
const MIN_BACKOFF = 100;
/** How long headers, and the `tidings:open` that announces the heartbeat, may take. */
const OPENING_TIMEOUT = 30_000;
/** This many announced heartbeats without a byte mean that nobody is there. */
const MISSED_HEARTBEATS = 2;

/**
 * Follows a stream until all its topics have ended, through every cut and restart: it comes back with the last event id,
 * after the time that the hub names, and later each time that it meets nobody.
 */
export async function tail(url: URL, handlers: TailHandlers): Promise<"ended" | "refused"> {
  const memory: Memory = { lastEventId: "", retry: FIRST_RETRY, failures: 0 };
  for (;;) {
    const attempt = await follow(url, memory, handlers);
    if ("done" in attempt) return attempt.done;
    await wait(attempt.wait);
  }
}

async function follow(url: URL, memory: Memory, handlers: TailHandlers): Promise<Attempt> {
  const silence = createWatchdog(OPENING_TIMEOUT);
  try {
    const response = await fetch(url, {
      signal: silence.signal,
      headers: {
        accept: "text/event-stream, application/problem+json",
        // Header values are bytes, and an id is UTF-8.
        ...(memory.lastEventId !== "" && { "last-event-id": Buffer.from(memory.lastEventId).toString("latin1") }),
      },
    });
    if (response.status === 204) return { done: "ended" };
    if (!response.ok) return await refuse(response, memory, handlers);
    if (!response.headers.get("content-type")?.startsWith("text/event-stream") || response.body === null) {
      handlers.onNote(`${url} is not an event stream.`);
      return { done: "refused" };
    }
    if (memory.failures > 0) handlers.onNote(`Connected to ${url.origin} again.`);
    memory.failures = 0;
    return await read(response.body, silence, memory, handlers);
  } catch (error) {
    if (memory.failures === 0) handlers.onNote(`${describeFailure(url, error)}; trying until one does.`);
    return { wait: backOff(memory) };
  } finally {
    silence.clear();
  }
}

async function read(
  body: AsyncIterable<Uint8Array>,
  silence: Watchdog,
  memory: Memory,
  handlers: TailHandlers,
): Promise<Attempt> {
  let ended = false;
  let goodbye = false;
  const parser = createParser({
    lastEventId: memory.lastEventId,
    onRetry: (milliseconds) => {
      memory.retry = milliseconds;
    },
    onEvent: (event) => {
      switch (event.event) {
        case "tidings:open":
          silence.set(MISSED_HEARTBEATS * readNumber(event.data, "heartbeat", OPENING_TIMEOUT));
          break;
        case "tidings:gap":
          handlers.onNote(`Events are missing here: ${event.data}`);
          break;
        case "tidings:end":
          ended = true;
          break;
        case "tidings:bye":
          goodbye = readReconnect(event.data) === false;
          break;
        default:
          if (!event.event.startsWith("tidings:")) handlers.onEvent(event);
      }
    },
  });
  try {
    for await (const chunk of body) {
      silence.restart();
      parser.feed(chunk);
      memory.lastEventId = parser.lastEventId;
      await handlers.ready();
    }
  } catch (error) {
    if (error instanceof WireError) {
      handlers.onNote(`The stream cannot be read on: ${error.message}`);
      return { done: "refused" };
    }
    // A cut; what was complete has been handed over.
  }
  if (goodbye) {
    handlers.onNote("The hub closed the connection and asked not to come back.");
    return { done: "refused" };
  }
  // If that was the last topic, the answer is 204, and there is nothing to wait for.
  return { wait: ended ? 0 : memory.retry };
}

async function refuse(response: Response, memory: Memory, handlers: TailHandlers): Promise<Attempt> {
  const passes = response.status >= 500 || response.status === 429 || response.status === 408;
  const text = await readRefusal(response);
  if (!passes) {
    handlers.onNote(text);
    return { done: "refused" };
  }
  if (memory.failures === 0) handlers.onNote(`${text} Trying again.`);
  const retryAfter = Number(response.headers.get("retry-after") ?? 0) * 1000;
  return { wait: Math.max(backOff(memory), Number.isFinite(retryAfter) ? retryAfter : 0) };
}

/** Twice as long each time, and never the same for two readers. */
function backOff(memory: Memory): number {
  const mean = Math.min(Math.max(memory.retry, MIN_BACKOFF) * 2 ** memory.failures, MAX_BACKOFF);
  memory.failures++;
  return mean * (0.5 + Math.random());
}

/** Aborts when nothing has come for too long. */
interface Watchdog {
  readonly signal: AbortSignal;
  set(milliseconds: number): void;
  restart(): void;
  clear(): void;
}

function createWatchdog(milliseconds: number): Watchdog {
  const controller = new AbortController();
  const abort = (): void => controller.abort(new Error("nothing came for too long"));
  let timer = setTimeout(abort, milliseconds);
  return {
    signal: controller.signal,
    set: (next) => {
      clearTimeout(timer);
      timer = setTimeout(abort, next);
    },
    restart: () => void timer.refresh(),
    clear: () => clearTimeout(timer),
  };
}

function readNumber(json: string, key: string, otherwise: number): number {
  const value = readKey(json, key);
  return typeof value === "number" && value > 0 ? value : otherwise;
}

function readReconnect(json: string): unknown {
  return readKey(json, "reconnect");
}

function readKey(json: string, key: string): unknown {
  try {
    return (JSON.parse(json) as Record<string, unknown> | null)?.[key];
  } catch {
    return undefined;
  }
}
