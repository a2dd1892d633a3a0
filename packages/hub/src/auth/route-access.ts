import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Identity } from "./identity.ts";
import { assertAdmin, assertMay, assertMayAtAll, assertMayReadMetrics, type TopicRight } from "./rights.ts";

/** What a route needs, as `config: { access }` declares it. A route that declares nothing is for admins. */
export type RouteAccess =
  /** Nothing; credentials are not looked at. */
  | "anyone"
  /** Nothing but valid credentials, if there are any: `request.identity` says whose. */
  | "caller"
  | "metrics"
  | "admin"
  | {
      readonly right: TopicRight;
      /** The topics it is about. A route that reads them off its body checks them itself, with `assertMay`. */
      readonly topics?: (request: FastifyRequest) => readonly string[];
    };

/** Finds out who makes a request. @throws TidingsError if the credentials are not good */
export type Identify = (request: IncomingMessage) => Identity | Promise<Identity>;

declare module "fastify" {
  interface FastifyContextConfig {
    access?: RouteAccess;
  }
  interface FastifyRequest {
    /** Who makes the request. Not there on a route for anyone. */
    identity: Identity;
  }
}

/** Checks every request before its body is read. To be called before routes are added. */
export function checkAccess(app: FastifyInstance, identify: Identify): void {
  app.decorateRequest("identity");
  app.addHook("onRequest", async (request) => {
    // What there is, is no secret: a path or method that is not there is told to anyone.
    if (request.is404) return;
    const { access = "admin" } = request.routeOptions.config;
    if (access === "anyone") return;
    const identity = await identify(request.raw);
    request.identity = identity;
    assertAccess(identity, access, request);
  });
}

function assertAccess(identity: Identity, access: Exclude<RouteAccess, "anyone">, request: FastifyRequest): void {
  if (access === "caller") return;
  if (access === "metrics") assertMayReadMetrics(identity);
  else if (access === "admin") assertAdmin(identity);
  else if (access.topics === undefined) assertMayAtAll(identity, access.right);
  else assertMay(identity, access.right, access.topics(request));
}
