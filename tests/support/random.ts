/** Decisions that can be repeated: the same seed gives the same ones. */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number;
  /** As `integer`, but small numbers are as likely as large ones: 1 to 9 as 10 to 99. */
  magnitude(low: number, high: number): number;
  pick<T>(values: readonly T[]): T;
  /** At least one of the values. */
  some<T>(values: readonly T[]): T[];
}

/** mulberry32: 32 bits of state are plenty to vary a test. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const random: Random = {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let bits = Math.imul(state ^ (state >>> 15), state | 1);
      bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
      return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
    },
    integer: (low, high) => low + Math.floor(random.next() * (high - low + 1)),
    magnitude: (low, high) => Math.round(Math.exp(Math.log(low) + random.next() * (Math.log(high) - Math.log(low)))),
    pick: (values) => values[random.integer(0, values.length - 1)] as (typeof values)[number],
    some: (values) => {
      const chosen = values.filter(() => random.next() < 0.4);
      return chosen.length > 0 ? chosen : [random.pick(values)];
    },
  };
  return random;
}

/** The seed of this run: `TIDINGS_SEED` if it is set, else a new one. Printed, so that a failure can be repeated. */
export function chooseSeed(test: string): number {
  const seed = Number(process.env.TIDINGS_SEED ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`${test}: TIDINGS_SEED=${seed}`);
  return seed;
}
