import type { FastifyInstance } from "fastify";

/** Which methods a path has: what a 405, an `OPTIONS` and a 404 tell. */
export interface RouteIndex {
  /** Adds a route that the framework does not know. */
  add(method: string, pattern: string): void;
  /** The methods of a path, `OPTIONS` included, or nothing if there is no such path. */
  methodsOf(path: string): readonly string[] | undefined;
  /** All paths, for a person. */
  describe(): string;
}

/** Keeps the index of an app's routes. To be called before they are added. */
export function createRouteIndex(app: FastifyInstance): RouteIndex {
  const routes = new Map<string, Set<string>>();

  function add(method: string, pattern: string): void {
    const methods = routes.get(pattern) ?? new Set();
    routes.set(pattern, methods.add(method));
  }

  app.addHook("onRoute", ({ method, url }) => {
    for (const name of [method].flat()) add(name, url);
  });

  return {
    add,
    methodsOf(path) {
      const methods = [...routes].filter(([pattern]) => matches(pattern, path)).flatMap(([, names]) => [...names]);
      return methods.length === 0 ? undefined : [...new Set(methods), "OPTIONS"].sort();
    },
    describe() {
      return (
        [...routes.keys()]
          // The files of the page are nobody's business but the page's.
          .filter((pattern) => pattern === "/openapi.json" || !pattern.includes("."))
          .filter((pattern) => !pattern.startsWith("/assets/"))
          .map((pattern) => pattern.replace("*", "<topic>").replace(/:(\w+)/, "<$1>"))
          .sort()
          .join(", ")
      );
    },
  };
}

/** `:name` stands for one level, `*` for the rest. */
function matches(pattern: string, path: string): boolean {
  if (pattern.endsWith("/*")) return path.startsWith(pattern.slice(0, -1));
  const levels = path.split("/");
  const wanted = pattern.split("/");
  return levels.length === wanted.length && wanted.every((level, at) => level.startsWith(":") || level === levels[at]);
}
