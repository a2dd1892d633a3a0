import type { Environment } from "./environment.ts";

/** Where a cursor survives a reload. */
export interface CursorKeeper {
  /** Empty if there is none. */
  load(): string;
  save(id: string): void;
}

/** Keeps a cursor in sessionStorage, under a name; nowhere if there is no name. Storage that is full or forbidden is none. */
export function keepCursor(name: string | undefined, environment: Environment): CursorKeeper {
  if (name === undefined) return { load: () => "", save: () => {} };
  let saved: string | undefined;
  return {
    load() {
      try {
        return environment.storage()?.getItem(name) ?? "";
      } catch {
        return "";
      }
    },
    save(id) {
      if (id === saved) return;
      saved = id;
      try {
        if (id === "") environment.storage()?.removeItem(name);
        else environment.storage()?.setItem(name, id);
      } catch {
        // Then a reload starts anew.
      }
    },
  };
}
