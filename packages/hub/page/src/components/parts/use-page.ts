import { createContext, useContext, useSyncExternalStore } from "react";
import type { PageModel } from "../../model/page.ts";
import type { Readable } from "../../model/store.ts";

/** Provided once, in `main.tsx`. */
export const PageContext = createContext<PageModel | undefined>(undefined);

/** What the page knows and can do. */
export function usePage(): PageModel {
  const page = useContext(PageContext);
  if (page === undefined) throw new Error("No PageContext around this component");
  return page;
}

/** The value now, and a new rendering whenever it changes. */
export function useReadable<T>(readable: Readable<T>): T {
  return useSyncExternalStore(readable.subscribe, readable.get);
}
