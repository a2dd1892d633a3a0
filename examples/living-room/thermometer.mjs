import { setTimeout } from "node:timers/promises";

/**
 * Gives the temperature of a living room now and every `interval` milliseconds, until `signal` fires: no real one, but
 * as slow to change, and between 19 and 23 degrees.
 *
 * @param {number} interval
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<{ celsius: number, time: string }>}
 */
export async function* readThermometer(interval, signal) {
  let celsius = 21;
  while (!signal.aborted) {
    celsius = Math.min(23, Math.max(19, Math.round(celsius * 10 + (Math.random() - 0.5) * 6) / 10));
    yield { celsius, time: new Date().toISOString() };
    await setTimeout(interval, undefined, { signal }).catch(() => {});
  }
}
