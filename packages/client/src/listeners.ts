/** Who listens to what. */
export interface Listeners {
  on(type: string, listener: (event: never) => void): () => void;
  tell(type: string, event?: unknown): void;
  /** Nobody is told anything any more, but of changes. */
  clear(): void;
}

/** Creates an empty register. A listener added during a call is called from the next on, one removed not any more. */
export function createListeners(): Listeners {
  // Its own entry each time, so that who listens twice is told twice.
  const all = new Set<readonly [type: string, listener: (event: never) => void]>();
  return {
    on(type, listener) {
      const own = [type, listener] as const;
      all.add(own);
      return () => all.delete(own);
    },
    tell(type, event) {
      for (const own of [...all]) if (own[0] === type && all.has(own)) callSafely(own[1], event as never);
    },
    clear() {
      for (const own of all) if (own[0] !== "change") all.delete(own);
    },
  };
}

/** A listener that throws harms nobody else, and is reported as the platform reports what nobody caught. */
export function callSafely(listener: (() => void) | undefined): void;
export function callSafely<Argument>(listener: ((argument: Argument) => void) | undefined, argument: Argument): void;
export function callSafely(listener: ((argument: unknown) => void) | undefined, argument?: unknown): void {
  try {
    listener?.(argument);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
