import type { LogBounds } from "../stores/shared/bounds.ts";
import { Bench } from "./bench.ts";
import type { Capability, StoreHarness } from "./harness.ts";

/** One thing that every store does. Any test runner can run it: it passes if `run` settles, and fails if it rejects. */
export interface StoreCase {
  readonly name: string;
  readonly needs?: Capability;
  run(harness: StoreHarness): Promise<void>;
}

export interface CaseOptions {
  readonly needs?: Capability;
  readonly bounds?: Partial<LogBounds>;
}

export function storeCase(name: string, body: (bench: Bench) => Promise<void>, options: CaseOptions = {}): StoreCase {
  return {
    name,
    ...(options.needs !== undefined && { needs: options.needs }),
    async run(harness) {
      const bench = new Bench(await harness.create(options.bounds ?? {}));
      try {
        await body(bench);
      } finally {
        await bench.dispose();
      }
    },
  };
}
