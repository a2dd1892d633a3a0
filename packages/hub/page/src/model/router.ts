import { createStore, type Readable } from "./store.ts";

/** What the address shows. It lives in the hash, so that a link, a reload and "back" keep it, and the hub serves one file. */
export type Route =
  | { readonly screen: "overview" }
  | { readonly screen: "topics" }
  /** One topic, or all that a pattern matches. */
  | { readonly screen: "topic"; readonly name: string; readonly view: TopicView }
  | { readonly screen: "connections"; readonly search: string }
  | { readonly screen: "inspector"; readonly name: string }
  | { readonly screen: "try"; readonly name: string }
  | { readonly screen: "unknown"; readonly path: string };

/** What is shown of a topic. */
export type TopicView = "live" | "history";

/** The route, and the way to another that leaves no trace in the browser's history. */
export interface Router extends Readable<Route> {
  replace(route: Route): void;
}

/** Reads a hash, as `location` gives it. */
export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [screen = "", first, second, ...rest] = path.split("/");
  const parameters = new URLSearchParams(query);
  const name = parameters.get("topic") ?? "";
  if (rest.length === 0) {
    if (path === "") return { screen: "overview" };
    if (path === "topics") return { screen: "topics" };
    if (screen === "topics" && first && (second === undefined || second === "history"))
      return { screen: "topic", name: decode(first), view: second ?? "live" };
    if (path === "connections") return { screen: "connections", search: parameters.get("search") ?? "" };
    if (path === "inspector") return { screen: "inspector", name };
    if (path === "try") return { screen: "try", name };
  }
  return { screen: "unknown", path: decode(path) };
}

/** The link to a route. */
export function toHref(route: Route): string {
  switch (route.screen) {
    case "overview":
      return "#/";
    case "topic":
      return `#/topics/${encodeURIComponent(route.name)}${route.view === "live" ? "" : `/${route.view}`}`;
    case "connections":
      return `#/connections${toQuery("search", route.search)}`;
    case "inspector":
    case "try":
      return `#/${route.screen}${toQuery("topic", route.name)}`;
    case "unknown":
      return `#/${route.path}`;
    default:
      return `#/${route.screen}`;
  }
}

/** Follows the address. Never stops: it lives as long as the page. */
export function createRouter(): Router {
  const store = createStore(parseRoute(location.hash));
  const follow = (): void => store.set(parseRoute(location.hash));
  window.addEventListener("hashchange", follow);
  return {
    get: store.get,
    subscribe: store.subscribe,
    replace(route) {
      history.replaceState(null, "", toHref(route));
      follow();
    },
  };
}

function toQuery(name: string, value: string): string {
  return value === "" ? "" : `?${new URLSearchParams({ [name]: value })}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
