import type { Stats, StatsReader } from "./stats.ts";

/** Reads stats each second, keeps those of the last minutes, and tells them to whoever listens. */
export interface StatsTicker {
  /** Stats as they are now. */
  now(): Stats;
  /** Stats of at most `count` of the last seconds, oldest first, as JSON each. */
  last(count: number): readonly string[];
  /**
   * Stats as JSON: of at most `last` seconds that have passed, or as they are now, and then each second, until `signal` fires or
   * the ticker is closed. A slow reader skips seconds.
   */
  listen(signal: AbortSignal, last?: number): AsyncGenerator<string, void>;
  close(): void;
}

/** Five minutes: what the page's charts show. Some 200 KB. */
export const KEPT_SECONDS = 300;

const INTERVAL = 1000;

/** One timer and one reading a second, however many listen: whoever comes because something went wrong sees how it came. */
export function createStatsTicker(reader: StatsReader): StatsTicker {
  const listeners = new Set<(json: string | undefined) => void>();
  const kept: string[] = [];
  const timer = setInterval(tick, INTERVAL);
  let isClosed = false;

  function tick(): void {
    reader.turn();
    const json = JSON.stringify(reader.read());
    kept.push(json);
    if (kept.length > KEPT_SECONDS) kept.shift();
    tell(json);
  }

  /** Each listener has asked for one. */
  function tell(json: string | undefined): void {
    const told = [...listeners];
    listeners.clear();
    for (const listener of told) listener(json);
  }

  function next(signal: AbortSignal): Promise<string | undefined> {
    return new Promise((resolve) => {
      if (signal.aborted || isClosed) return resolve(undefined);
      const settle = (json: string | undefined): void => {
        signal.removeEventListener("abort", gone);
        resolve(json);
      };
      const gone = (): void => {
        listeners.delete(settle);
        settle(undefined);
      };
      listeners.add(settle);
      signal.addEventListener("abort", gone);
    });
  }

  function last(count: number): readonly string[] {
    return kept.slice(Math.max(0, kept.length - count));
  }

  return {
    now: reader.read,
    last,
    async *listen(signal, seconds = 0) {
      if (isClosed) return;
      const past = last(seconds);
      yield* past;
      // Not beside the last second that was kept: a rate over the blink between them would be chance.
      if (past.length === 0) yield JSON.stringify(reader.read());
      for (let json = await next(signal); json !== undefined; json = await next(signal)) yield json;
    },
    close() {
      isClosed = true;
      clearInterval(timer);
      tell(undefined);
      reader.close();
    },
  };
}
