/** Who listens to what. */
export interface Listeners {
  on(type: string, listener: (event: never) => void): () => void;
  tell(type: string, event?: unknown): void;
  /** Nobody is told anything any more, but of changes. */
  clear(): void;
}

/** Creates an empty register. A listener added during a call is called from the next on, one removed not any more. */
export function createListeners(): Listeners {
  // A new list with each change, so that telling need not copy it. Its own entry each time: who listens twice is told twice.
  let all: [type: string, listener?: (event: never) => void][] = [];
  return {
    on(type, listener) {
      const own: (typeof all)[number] = [type, listener];
      all = [...all, own];
      return () => {
        // In the list that may be told just now, too.
        own.pop();
        all = all.filter((other) => other !== own);
      };
    },
    tell(type, event) {
      for (const own of all) if (own[0] === type) callSafely(own[1], event as never);
    },
    clear() {
      for (const own of all) if (own[0] !== "change") own.pop();
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
