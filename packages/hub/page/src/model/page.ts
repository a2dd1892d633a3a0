import { createEntrance, type Entrance } from "./access.ts";
import { type ConnectionListing, createHubApi, type HubApi, type TopicListing } from "./api.ts";
import { createDirectory, type Directory } from "./directory.ts";
import { createDrafts, type Drafts } from "./drafts.ts";
import { createRouter, type Router } from "./router.ts";
import { createStatsHistory, type StatsHistory } from "./stats.ts";
import { createStore, type Writable } from "./store.ts";
import type { StreamState } from "./stream-state.ts";
import { createTheme, type ThemeChoice } from "./theme.ts";
import { isPattern } from "./topics.ts";

/** All that the page knows and can do. Components read it and call it; what they listen to comes by `@tidings/react`. */
export interface PageModel {
  /** The hub's address, ending in `/`. */
  readonly root: string;
  readonly entrance: Entrance;
  readonly api: HubApi;
  readonly router: Router;
  readonly theme: ThemeChoice;
  readonly stats: StatsHistory;
  /** How the stream of the hub's figures does, which is open on every screen: whether the hub is there. */
  readonly link: Writable<StreamState["phase"]>;
  readonly topics: Directory<TopicListing>;
  readonly connections: Directory<ConnectionListing>;
  readonly drafts: Drafts;
}

/** What the publish form begins with. */
const EXAMPLE = { topic: "orders/42", event: "", data: '{ "total": 9 }' };

/** @param root the hub's address, absolute, ending in `/` */
export function createPageModel(root: string): PageModel {
  const entrance = createEntrance(root, sessionStorage);
  const api = createHubApi(root, entrance);
  void entrance.ask();
  return {
    root,
    entrance,
    api,
    router: createRouter(),
    theme: createTheme(localStorage),
    stats: createStatsHistory(),
    link: createStore<StreamState["phase"]>("connecting"),
    topics: createDirectory(api.listTopics),
    connections: createDirectory(api.listConnections),
    drafts: createDrafts(sessionStorage, (name) => (isPattern(name) ? EXAMPLE : { ...EXAMPLE, topic: name })),
  };
}
