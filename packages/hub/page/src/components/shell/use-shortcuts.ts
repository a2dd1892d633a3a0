import { useEffect } from "react";
import { type Route, type Router, toHref } from "../../model/router.ts";

/** What a key, or two one after the other, does. */
export interface Shortcut {
  readonly keys: readonly string[];
  readonly does: string;
  /** Goes there. Without it, whatever on the screen names the key with `data-shortcut` is used. */
  readonly to?: Route;
}

/** All of them, as they are listed. */
export const SHORTCUTS: readonly Shortcut[] = [
  { keys: ["/"], does: "Search, or filter" },
  { keys: ["g", "o"], does: "Go to the overview", to: { screen: "overview" } },
  { keys: ["g", "t"], does: "Go to the topics", to: { screen: "topics" } },
  { keys: ["g", "a"], does: "Go to the tail of all topics", to: { screen: "topic", name: "**", view: "live" } },
  { keys: ["g", "c"], does: "Go to the connections", to: { screen: "connections", search: "" } },
  { keys: ["g", "i"], does: "Go to the inspector", to: { screen: "inspector", name: "" } },
  { keys: ["g", "y"], does: "Go to “Try it”", to: { screen: "try", name: "" } },
  { keys: ["p"], does: "Pause or resume what streams" },
  { keys: ["e"], does: "Edit an event to publish" },
  { keys: ["?"], does: "Show this list" },
];

/** Milliseconds within which a second key belongs to the first. */
const CHORD = 1_500;

/** Listens to keys, unless one is typing or a dialog is open. */
export function useShortcuts(router: Router, onHelp: () => void): void {
  useEffect(() => {
    let first = "";
    let at = 0;

    function onKeyDown(event: KeyboardEvent): void {
      const { target, key } = event;
      const isTyping = target instanceof HTMLElement && target.matches("input:not([type=checkbox]), textarea, select");
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      const keys = first !== "" && event.timeStamp - at < CHORD ? [first, key] : [key];
      const found = SHORTCUTS.find((shortcut) => shortcut.keys.join() === keys.join());
      [first, at] = found === undefined && keys.length === 1 ? [key, event.timeStamp] : ["", 0];
      if (found === undefined) return;
      event.preventDefault();
      if (found.to !== undefined) location.hash = toHref(found.to);
      else if (key === "?") onHelp();
      else use(key, router);
    }

    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [router, onHelp]);
}

function use(key: string, router: Router): void {
  const element = document.querySelector<HTMLElement>(`[data-shortcut="${key}"]`);
  if (element?.matches("input, textarea")) element.focus();
  else if (element !== null) element.click();
  // What searches for topics is there on every screen, one step away.
  else if (key === "/" && router.get().screen !== "topics") location.hash = toHref({ screen: "topics" });
}
