/** What is seen of a topic while one looks at it. */
export interface Pulse {
  /** The newest data; undefined until there is some. */
  readonly data: string | undefined;
  /** Events of each of the last seconds, the newest second last. */
  readonly seconds: readonly number[];
  /** Which second, since 1970, the newest is. */
  readonly newest: number;
}

/** Seconds that a rate is the mean of: long enough for what comes every few seconds. */
const WINDOW = 10;

/** Of a topic of which nothing has been seen. */
export const NO_PULSE: Pulse = { data: undefined, seconds: [], newest: 0 };

/** The pulse after an event. The first one seen is what the topic held already, and counts for nothing. */
export function addToPulse(pulse: Pulse, data: string, now: number): Pulse {
  const second = Math.floor(now / 1000);
  if (pulse.data === undefined) return { data, seconds: [0], newest: second };
  const seconds = secondsUpTo(pulse, second);
  return { data, seconds: seconds.with(-1, (seconds.at(-1) ?? 0) + 1), newest: second };
}

/** Events per second, over the last ten, or since one looks if that is less. */
export function rateOf(pulse: Pulse, now: number): number {
  const seconds = secondsUpTo(pulse, Math.floor(now / 1000));
  return seconds.length === 0 ? 0 : seconds.reduce((sum, count) => sum + count, 0) / seconds.length;
}

function secondsUpTo({ seconds, newest }: Pulse, second: number): readonly number[] {
  const passed = Math.min(WINDOW, Math.max(0, second - newest));
  return seconds.length === 0 ? seconds : [...seconds, ...Array<number>(passed).fill(0)].slice(-WINDOW);
}
