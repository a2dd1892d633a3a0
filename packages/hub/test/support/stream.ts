import { createParser, type ParsedEvent } from "@tidings/wire";

/** A reader of a stream that keeps what it got. */
export interface Reader {
  readonly response: Response;
  readonly events: readonly ParsedEvent[];
  readonly retries: readonly number[];
  /** Settles with the first event, also one that is there already, that fits. */
  until(fits: (event: ParsedEvent) => boolean): Promise<ParsedEvent>;
  /** Settles when the stream has ended. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Listens with the parser of @tidings/wire. */
export async function listen(url: string, headers: Record<string, string> = {}): Promise<Reader> {
  const controller = new AbortController();
  const response = await fetch(url, {
    headers: { accept: "text/event-stream", ...headers },
    signal: controller.signal,
  });
  const events: ParsedEvent[] = [];
  const retries: number[] = [];
  const waiting = new Set<{ fits: (event: ParsedEvent) => boolean; resolve: (event: ParsedEvent) => void }>();
  const parser = createParser({
    onEvent: (event) => {
      events.push(event);
      for (const waiter of waiting) {
        if (!waiter.fits(event)) continue;
        waiting.delete(waiter);
        waiter.resolve(event);
      }
    },
    onRetry: (milliseconds) => retries.push(milliseconds),
  });
  return {
    response,
    events,
    retries,
    until: (fits) => {
      const found = events.find(fits);
      return found === undefined ? new Promise((resolve) => waiting.add({ fits, resolve })) : Promise.resolve(found);
    },
    ended: readAll(response, (chunk) => parser.feed(chunk)),
    close: () => controller.abort(),
  };
}

async function readAll(response: Response, take: (chunk: Uint8Array) => void): Promise<void> {
  try {
    for await (const chunk of response.body ?? []) take(chunk);
  } catch {
    // Closed by us, or cut: either way it has ended.
  }
}
