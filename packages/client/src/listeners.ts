/** Who listens to what. */
export interface Listeners<Events extends object> {
  on<Type extends keyof Events>(type: Type, listener: (event: Events[Type]) => void): () => void;
  tell<Type extends keyof Events>(type: Type, event: Events[Type]): void;
  /** Nobody is told anything any more. */
  clear(): void;
}

/** Creates an empty register. A listener added during a call is called from the next on, one removed not any more. */
export function createListeners<Events extends object>(): Listeners<Events> {
  let sets: { [Type in keyof Events]?: Set<(event: Events[Type]) => void> } = {};
  return {
    on(type, listener) {
      // Its own function each time, so that who listens twice is told twice.
      const own = (event: Events[typeof type]): void => listener(event);
      const set = sets[type] ?? new Set();
      sets[type] = set.add(own);
      return () => set.delete(own);
    },
    tell(type, event) {
      for (const own of [...(sets[type] ?? [])]) if (sets[type]?.has(own)) callSafely(own, event);
    },
    clear() {
      sets = {};
    },
  };
}

/** A listener that throws harms nobody else, and is reported as the platform reports what nobody caught. */
export function callSafely<Argument>(listener: (argument: Argument) => void, argument: Argument): void {
  try {
    listener(argument);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
