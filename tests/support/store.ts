import type { ReadRequest, Store } from "@tidings/server";

/** A store with the readings of its log counted. */
export interface CountedStore {
  readonly store: Store;
  /** Every `read` so far. */
  readonly reads: ReadRequest[];
}

/** Wraps a store so that a test can tell what the engine asks of it. */
export function countReads(store: Store): CountedStore {
  const reads: ReadRequest[] = [];
  const counted = new Proxy(store, {
    get(target, property) {
      const value = Reflect.get(target, property, target) as unknown;
      if (typeof value !== "function") return value;
      if (property !== "read") return value.bind(target) as unknown;
      return (request: ReadRequest) => {
        reads.push(request);
        return target.read(request);
      };
    },
  });
  return { store: counted, reads };
}
