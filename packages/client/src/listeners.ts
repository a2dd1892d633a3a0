/** Who listens to what. */
export interface Listeners<Events extends object> {
  on<Type extends keyof Events>(type: Type, listener: (event: Events[Type]) => void): () => void;
  tell<Type extends keyof Events>(type: Type, event: Events[Type]): void;
  /** Nobody is told anything any more. */
  clear(): void;
}

interface Entry {
  readonly listener: (event: never) => void;
  isActive: boolean;
}

/** Creates an empty register. A listener added during a call is called from the next on, one removed not any more. */
export function createListeners<Events extends object>(): Listeners<Events> {
  // Lists are replaced, not changed, so that one that is walked stays as it is.
  let lists: { [Type in keyof Events]?: readonly Entry[] } = {};
  return {
    on(type, listener) {
      const entry: Entry = { listener, isActive: true };
      lists[type] = [...(lists[type] ?? []), entry];
      return () => {
        entry.isActive = false;
        lists[type] = lists[type]?.filter((each) => each !== entry) ?? [];
      };
    },
    tell(type, event) {
      for (const entry of lists[type] ?? []) if (entry.isActive) callSafely(entry.listener, event as never);
    },
    clear() {
      for (const type in lists) for (const entry of lists[type] ?? []) entry.isActive = false;
      lists = {};
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
