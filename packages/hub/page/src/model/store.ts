/** A value that can be watched, in the shape `useSyncExternalStore` takes. */
export interface Readable<T> {
  /** The value now: the same object until it changes. */
  readonly get: () => T;
  /** Calls `listener` after every change, until the returned function is called. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** A {@link Readable} and the way to change it. */
export interface Writable<T> extends Readable<T> {
  readonly set: (value: T) => void;
}

/** Holds one value. Setting the same value again tells nobody. */
export function createStore<T>(initial: T): Writable<T> {
  const listeners = new Set<() => void>();
  let current = initial;

  return {
    get: () => current,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set(value) {
      if (Object.is(value, current)) return;
      current = value;
      for (const listener of listeners) listener();
    },
  };
}
