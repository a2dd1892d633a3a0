import type { Hub } from "@tidings/server";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { readInteger } from "./parameters.ts";
import { readTopic } from "./topics.ts";

const MAX_LIMIT = 1000;
const PREFIX = "/presence/";

/** `/presence/<topic>`: who listens to a topic, by its name or by a pattern. */
export function presenceRoutes(app: FastifyInstance, hub: Hub): void {
  const topicOf = (request: FastifyRequest): string => readTopic(request, PREFIX);
  const access = { right: "presence", topics: (request: FastifyRequest) => [topicOf(request)] } as const;
  app.get("/presence/*", { config: { access } }, async (request) => {
    const limit = readInteger(request, "limit", 1, MAX_LIMIT) ?? MAX_LIMIT;
    return hub.presence(topicOf(request), { limit });
  });
}
