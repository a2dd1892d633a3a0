import { type ConnectionInfo, type Hub, TidingsError } from "@tidings/server";
import type { FastifyInstance } from "fastify";
import { readBoolean, readInteger } from "./parameters.ts";

/** The most that one answer lists. */
const MAX_LIMIT = 1000;

/** `/connections`: who listens, and closing one. */
export function connectionRoutes(app: FastifyInstance, hub: Hub): void {
  app.get("/connections", { config: { access: "admin" } }, async (request) => {
    const limit = readInteger(request, "limit", 1, MAX_LIMIT) ?? MAX_LIMIT;
    const connections = hub.connections({ limit }).map(toJson);
    return { connections, truncated: hub.status().connections > connections.length };
  });

  app.delete("/connections/:id", { config: { access: "admin" } }, async (request, reply) => {
    const { id } = request.params as { id: string };
    const reconnect = readBoolean(request, "reconnect") ?? true;
    if (!hub.disconnect(id, { reconnect })) {
      throw new TidingsError("not_found", "No open connection has this id. GET /connections lists them.", {
        field: "id",
      });
    }
    return reply.code(204).send();
  });
}

/** The public fields alone: what the engine gives may be its own object. */
function toJson(info: ConnectionInfo): ConnectionInfo {
  const { id, topics, subject, address, since, state, position, lag, buffered, transport } = info;
  return { id, topics, subject, address, since, state, position, lag, buffered, transport };
}
