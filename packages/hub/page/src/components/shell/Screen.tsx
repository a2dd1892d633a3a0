import { lazy, Suspense, useEffect } from "react";
import type { Route } from "../../model/router.ts";
import { EVERY_TOPIC } from "../../model/topics.ts";
import { usePage, useReadable } from "../parts/use-page.ts";
import { Unknown } from "./Unknown.tsx";

// Each is loaded when it is first shown.
const Overview = lazy(() => import("../overview/Overview.tsx"));
const Topics = lazy(() => import("../topics/Topics.tsx"));
const Topic = lazy(() => import("../topic/Topic.tsx"));
const Connections = lazy(() => import("../connections/Connections.tsx"));
const Inspector = lazy(() => import("../inspector/Inspector.tsx"));
const TryIt = lazy(() => import("../try/TryIt.tsx"));

/** What the address shows. */
export function Screen() {
  const page = usePage();
  const route = useReadable(page.router);
  const title = toTitle(route);
  useEffect(() => {
    document.title = `${title} · Tidings`;
  }, [title]);
  return <Suspense fallback={<main className="screen" />}>{toScreen(route)}</Suspense>;
}

function toScreen(route: Route) {
  switch (route.screen) {
    case "overview":
      return <Overview />;
    case "topics":
      return <Topics />;
    case "topic":
      return <Topic key={route.name} name={route.name} view={route.view} />;
    case "connections":
      return <Connections search={route.search} />;
    case "inspector":
      return <Inspector key={route.name} name={route.name} />;
    case "try":
      return <TryIt key={route.name} name={route.name} />;
    case "unknown":
      return <Unknown path={route.path} />;
  }
}

function toTitle(route: Route): string {
  switch (route.screen) {
    case "overview":
      return "Overview";
    case "topics":
      return "Topics";
    case "topic":
      return route.name === EVERY_TOPIC ? "All topics" : route.name;
    case "connections":
      return "Connections";
    case "inspector":
      return "Inspector";
    case "try":
      return "Try it";
    case "unknown":
      return "Not found";
  }
}
