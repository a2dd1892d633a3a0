import { createStore, type Readable } from "./store.ts";

/** `system` follows the operating system. */
export type Theme = "system" | "light" | "dark";

/** Light or dark. Kept in this browser. */
export interface ThemeChoice extends Readable<Theme> {
  /** What it comes to. */
  readonly isDark: Readable<boolean>;
  set(theme: Theme): void;
}

const KEY = "tidings:theme";

/** Applies the choice to the document, now and whenever it changes. */
export function createTheme(storage: Pick<Storage, "getItem" | "setItem">): ThemeChoice {
  const kept = storage.getItem(KEY);
  const store = createStore<Theme>(kept === "light" || kept === "dark" ? kept : "system");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = createStore(false);
  const apply = (): void => {
    document.documentElement.dataset.theme = store.get();
    isDark.set(store.get() === "dark" || (store.get() === "system" && system.matches));
  };
  system.addEventListener("change", apply);
  apply();
  return {
    isDark,
    get: store.get,
    subscribe: store.subscribe,
    set(theme) {
      storage.setItem(KEY, theme);
      store.set(theme);
      apply();
    },
  };
}
