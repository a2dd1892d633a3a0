import type { Health, HubApi, TopicListing } from "./api.ts";
import { createStore, type Readable } from "./store.ts";

/** What is known of the hub. */
export interface DirectoryView {
  /** Absent until the hub has answered once. */
  readonly listing: TopicListing | undefined;
  readonly health: Health | undefined;
  /** Milliseconds since 1970 of the last answer. */
  readonly at: number;
}

/** The hub's topics and counts, asked for again and again while the page is visible. */
export interface Directory extends Readable<DirectoryView> {
  /** Asks now. */
  refresh(): void;
}

/** Milliseconds between two questions. Live enough for counts, little enough for a hub with thousands of topics. */
const INTERVAL = 2_000;

/** Starts asking. Never stops: it lives as long as the page. */
export function createDirectory(api: HubApi): Directory {
  const store = createStore<DirectoryView>({ listing: undefined, health: undefined, at: 0 });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = false;
  let askAgain = false;

  async function refresh(): Promise<void> {
    if (asking) {
      askAgain = true;
      return;
    }
    asking = true;
    askAgain = false;
    clearTimeout(timer);
    const [listing, health] = await Promise.allSettled([api.listTopics(), api.readHealth()]);
    const before = store.get();
    // What was known stays on the page while the hub is away; the state of the stream says that it is.
    if (listing.status === "fulfilled" || health.status === "fulfilled") {
      store.set({
        listing: listing.status === "fulfilled" ? listing.value : before.listing,
        health: health.status === "fulfilled" ? health.value : before.health,
        at: Date.now(),
      });
    }
    asking = false;
    timer = setTimeout(
      () => {
        if (document.visibilityState === "visible") void refresh();
      },
      askAgain ? INTERVAL / 10 : INTERVAL,
    );
  }

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void refresh();
  });
  void refresh();

  return { get: store.get, subscribe: store.subscribe, refresh: () => void refresh() };
}
