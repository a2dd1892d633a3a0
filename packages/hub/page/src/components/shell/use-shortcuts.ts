import { useEffect, useRef } from "react";
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
  // Not lost when what is listened with is another function between two keys, as it is with each render.
  const chord = useRef({ first: "", at: 0 });
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      const { target, key } = event;
      const isTyping = target instanceof HTMLElement && target.matches("input:not([type=checkbox]), textarea, select");
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      const { first, at } = chord.current;
      const found = (event.timeStamp - at < CHORD && find(first, key)) || find(key);
      chord.current = { first: found ? "" : key, at: event.timeStamp };
      if (!found) return;
      event.preventDefault();
      if (found.to !== undefined) location.hash = toHref(found.to);
      else if (key === "?") onHelp();
      else use(key, router);
    }

    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [router, onHelp]);
}

function find(...keys: string[]): Shortcut | undefined {
  return SHORTCUTS.find((shortcut) => shortcut.keys.join() === keys.join());
}

function use(key: string, router: Router): void {
  const element = document.querySelector<HTMLElement>(`[data-shortcut="${key}"]`);
  if (element?.matches("input, textarea")) element.focus();
  else if (element !== null) element.click();
  // What searches for topics is there on every screen, one step away.
  else if (key === "/" && router.get().screen !== "topics") location.hash = toHref({ screen: "topics" });
}
