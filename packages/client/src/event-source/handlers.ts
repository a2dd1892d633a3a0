/** The event handler attributes of one target. */
export interface Handlers {
  /** Null unless it is set. An object that cannot be called is kept, and does nothing. */
  get<Handler>(type: string): Handler | null;
  set(type: string, value: unknown): void;
}

/**
 * Creates the event handler attributes (`onopen` and its like) of a target.
 *
 * @see https://html.spec.whatwg.org/multipage/webappapis.html#event-handlers
 */
export function createHandlers(target: EventTarget): Handlers {
  const values = new Map<string, unknown>();

  // "The event handler processing algorithm": one listener for all types, with the value as it is when the event comes.
  const listener = (event: Event): void => {
    const value = values.get(event.type);
    if (typeof value === "function") value.call(target, event);
  };

  return {
    get: <Handler>(type: string) => (values.get(type) ?? null) as Handler | null,
    set(type, value) {
      // "[LegacyTreatNonObjectAsNull]": a value that is no object is taken as null.
      const isObject = typeof value === "function" || (typeof value === "object" && value !== null);
      if (isObject) {
        values.set(type, value);
        // "To activate an event handler": its place among the listeners is that of when it was first set, and stays, for
        // a listener that is already there is not added again.
        target.addEventListener(type, listener);
      } else {
        // "To deactivate an event handler": its place is given up.
        values.delete(type);
        target.removeEventListener(type, listener);
      }
    },
  };
}
