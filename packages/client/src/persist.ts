import type { Page } from "./environment.ts";

/**
 * The cursor that is kept in sessionStorage under a name, empty if there is none; with an id, keeps that. Nothing is kept without
 * a name. Storage that is full or forbidden is none: then a reload starts anew.
 */
export function keepCursor(page: Page, name: string | undefined, id?: string): string {
  try {
    if (name && id !== undefined) page.sessionStorage?.setItem(name, id);
    else if (name) return page.sessionStorage?.getItem(name) ?? "";
  } catch {}
  return "";
}
