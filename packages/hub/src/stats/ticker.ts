import type { Stats, StatsReader } from "./stats.ts";

/** Tells stats each second to whoever listens. */
export interface StatsTicker {
  /** Stats as they are now. */
  now(): Stats;
  /** Stats as JSON, at once and then each second, until `signal` fires or the ticker is closed. A slow reader skips seconds. */
  listen(signal: AbortSignal): AsyncGenerator<string, void>;
  close(): void;
}

const INTERVAL = 1000;

/** One timer and one reading for all who listen; neither while nobody does. */
export function createStatsTicker(reader: StatsReader): StatsTicker {
  const listeners = new Set<(json: string | undefined) => void>();
  let listening = 0;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  function tick(): void {
    reader.turn();
    tell(JSON.stringify(reader.read()));
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

  return {
    now() {
      // Else the last second is the one that those who listen were told of.
      if (listening === 0) reader.turn();
      return reader.read();
    },
    async *listen(signal) {
      if (isClosed) return;
      if (listening++ === 0) {
        reader.turn();
        timer = setInterval(tick, INTERVAL);
      }
      try {
        for (
          let json: string | undefined = JSON.stringify(reader.read());
          json !== undefined;
          json = await next(signal)
        ) {
          yield json;
        }
      } finally {
        if (--listening === 0) clearInterval(timer);
      }
    },
    close() {
      isClosed = true;
      clearInterval(timer);
      tell(undefined);
      reader.close();
    },
  };
}
