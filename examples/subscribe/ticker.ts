import { setInterval } from "node:timers/promises";

/** A price at a moment. */
export interface Quote {
  readonly symbol: string;
  readonly price: number;
  /** ISO 8601. */
  readonly time: string;
}

// #region ticker
/** The price of a stock, as it moves: a random walk that never ends. `every` in milliseconds. */
export async function* ticker(symbol: string, every: number, signal: AbortSignal): AsyncGenerator<Quote> {
  let price = 100;
  for await (const _ of setInterval(every, undefined, { signal })) {
    price = Math.round(price * (0.99 + Math.random() / 50) * 100) / 100;
    yield { symbol, price, time: new Date().toISOString() };
  }
}
// #endregion ticker
