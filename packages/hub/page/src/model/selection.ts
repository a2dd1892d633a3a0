import { createStore, type Readable } from "./store.ts";
import { EVERY_TOPIC, toTopicQuery } from "./topics.ts";

/** The topic or pattern the page listens to. It lives in the address, so that a link, a reload and "back" keep it. */
export function createSelection(): Readable<string> {
  const store = createStore(readHash());
  window.addEventListener("hashchange", () => store.set(readHash()));
  return store;
}

/** The link that selects a topic or pattern. */
export function toSelectionHref(name: string): string {
  return `#${name === EVERY_TOPIC ? "" : toTopicQuery(name)}`;
}

function readHash(): string {
  const hash = location.hash.slice(1);
  if (hash === "") return EVERY_TOPIC;
  try {
    return decodeURIComponent(hash);
  } catch {
    return hash;
  }
}
