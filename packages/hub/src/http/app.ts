import { type Hub, TidingsError } from "@tidings/server";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { Authenticator } from "../auth/authenticator.ts";
import { checkAccess } from "../auth/route-access.ts";
import { assertNotKicked, keepOut } from "../auth/standing.ts";
import type { Settings } from "../config/options.ts";
import type { Meter } from "../metrics/meter.ts";
import type { StatsTicker } from "../stats/ticker.ts";
import { accessRoutes } from "./access.ts";
import { createAddressOf } from "./addresses.ts";
import { batchRoutes } from "./batch.ts";
import { readBodiesAsBytes } from "./body.ts";
import { connectionRoutes } from "./connections.ts";
import { createGuard } from "./guard.ts";
import { assertOpen, healthRoutes } from "./health.ts";
import { createHttpServer, pathOf } from "./listener.ts";
import { metricsRoutes } from "./metrics.ts";
import { openApiRoutes } from "./openapi.ts";
import { pageRoutes } from "./page.ts";
import { presenceRoutes } from "./presence.ts";
import { toProblemResponse, toTidingsError } from "./problems.ts";
import { createPublishRate } from "./publish-rate.ts";
import { requestIdOf } from "./request-id.ts";
import { createRouteIndex } from "./route-index.ts";
import { statsRoutes } from "./stats.ts";
import { createStreams } from "./streams.ts";
import { topicRoutes } from "./topics.ts";

/** What the HTTP API is made of. */
export interface AppParts {
  readonly hub: Hub;
  readonly auth: Authenticator;
  readonly settings: Settings;
  readonly meter: Meter;
  readonly metrics: Registry;
  readonly stats: StatsTicker;
  /** What has taken the history from this process for good, if anything has. */
  readonly findLoss: () => TidingsError | undefined;
  readonly log: Logger;
}

/** Sockets beyond those of streams: of publishers, health checks, the page, and readers who must be told that the hub is full. */
const SPARE_SOCKETS = 1000;

/** The HTTP API of a hub, not yet listening. */
export async function createApp(parts: AppParts): Promise<FastifyInstance> {
  const { hub, auth, settings, meter, metrics, stats, findLoss, log } = parts;
  const { corsOrigin, jwtCookie, jwtQuery: takesQueryTokens = false, maxConnections } = settings;
  const addressOf = createAddressOf(settings.trustProxy);
  const rate = createPublishRate(settings.publishRate, settings.publishBurst, addressOf);
  const guard = createGuard({ corsOrigin, hasKeys: auth.hasKeys, hasCookie: jwtCookie !== undefined });
  const identify = keepOut(hub, auth.identify);
  const events = createStreams(hub, { ...auth, identify }, addressOf, meter);
  const app = fastify({
    serverFactory: (routes) =>
      createHttpServer({
        guard,
        takesQueryTokens,
        events,
        refused: meter.refused,
        log,
        bounds: { ...settings, maxSockets: settings.maxSockets ?? maxConnections + SPARE_SOCKETS },
        routes: (request, response) => routes(request, response),
      }),
    bodyLimit: settings.maxEventBytes,
    genReqId: requestIdOf,
    // A closing hub says so itself, as a problem document.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => sendError(error, request, reply),
  });
  // Most answers are read in a terminal.
  app.setReplySerializer((payload) => `${JSON.stringify(payload)}\n`);
  const index = createRouteIndex(app);

  function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const known = toTidingsError(error, request.routeOptions.bodyLimit ?? settings.maxEventBytes);
    meter.refused(known.code);
    if (known.code === "internal_error")
      log.error(
        { request: request.id, err: error, method: request.method, path: pathOf(request.raw) },
        "a request failed",
      );
    // Whoever comes again on the same connection would only meet the same hub.
    if (known.code === "hub_closed") reply.header("connection", "close");
    const { status, headers, body } = toProblemResponse(known);
    // As bytes, or the framework would add a charset, which the type does not have.
    reply.code(status).headers(headers).send(Buffer.from(body));
  }

  app.setErrorHandler(sendError);
  app.setNotFoundHandler((request, reply) => {
    const methods = index.methodsOf(pathOf(request.raw));
    if (methods === undefined)
      throw new TidingsError("not_found", `There is nothing at ${pathOf(request.raw)}. There are ${index.describe()}.`);
    reply.header("allow", methods.join(", "));
    if (request.method === "OPTIONS") return reply.code(204).send();
    throw new TidingsError(
      "method_not_allowed",
      `${request.method} is not for ${pathOf(request.raw)}; use ${methods.join(", ")}.`,
    );
  });
  if (log.isLevelEnabled("debug")) {
    app.addHook("onResponse", async (request, reply) => {
      log.debug(
        {
          request: request.id,
          method: request.method,
          path: pathOf(request.raw),
          status: reply.statusCode,
          ms: Math.round(reply.elapsedTime),
        },
        "answered",
      );
    });
  }

  checkAccess(app, identify);
  readBodiesAsBytes(app);
  index.add("GET", "/events");
  app.register(async (scope) => {
    // Before the body is read: what cannot be stored need not be sent.
    scope.addHook("onRequest", (request, _reply, done) => {
      assertOpen(hub);
      if (request.method === "POST") rate.assertMayPublish(request);
      done();
    });
    // Again when the body is in, which may take its time: a kick holds for it too.
    scope.addHook("preHandler", ({ identity }, _reply, done) => {
      assertNotKicked(hub, identity);
      done();
    });
    batchRoutes(scope, hub, rate, settings.maxBatchBytes);
    topicRoutes(scope, hub, rate);
  });
  connectionRoutes(app, hub);
  accessRoutes(app, auth);
  healthRoutes(app, hub, findLoss);
  presenceRoutes(app, hub);
  statsRoutes(app, hub, stats);
  metricsRoutes(app, metrics);
  openApiRoutes(app);
  await pageRoutes(app);
  return app;
}
