import { type ConnectionInfo, type Hub, TidingsError } from "@tidings/server";
import { findTopicFault, isPattern } from "@tidings/wire/topics";
import type { FastifyInstance } from "fastify";
import { readBoolean, readDuration, readInteger, readText } from "./parameters.ts";

/** The most that one answer lists. */
const MAX_LIMIT = 1000;

/** `/connections`: who listens, closing one, and keeping a subject out. */
export function connectionRoutes(app: FastifyInstance, hub: Hub): void {
  app.get("/connections", { config: { access: "admin" } }, async (request) => {
    const limit = readInteger(request, "limit", 1, MAX_LIMIT) ?? MAX_LIMIT;
    // One more than asked for tells whether more follow.
    const found = findConnections(hub, limit + 1, readText(request, "search") ?? "");
    return { connections: found.slice(0, limit).map(toJson), truncated: found.length > limit };
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

  app.delete("/connections", { config: { access: "admin" } }, async (request) => {
    const subject = readText(request, "subject");
    if (subject === undefined || subject === "") {
      throw new TidingsError(
        "invalid_parameter",
        "Say with ?subject= whose connections to close; a single one is DELETE /connections/<id>.",
        { field: "subject" },
      );
    }
    const time = readDuration(request, "for");
    return hub.kick(subject, time === undefined ? {} : { for: time });
  });
}

/** Those with `search` in their id, subject, address or topics; if it is a topic, those who listen to it by a pattern too. */
function findConnections(hub: Hub, limit: number, search: string): readonly ConnectionInfo[] {
  if (search === "") return hub.connections({ limit });
  const limitless = Number.POSITIVE_INFINITY;
  const isTopic = !isPattern(search) && findTopicFault(search) === undefined;
  const listening = new Set(isTopic ? hub.connections({ limit: limitless, topic: search }) : []);
  return hub
    .connections({ limit: limitless })
    .filter((info) => listening.has(info) || isNamed(info, search))
    .slice(0, limit);
}

function isNamed({ id, subject, address, topics }: ConnectionInfo, search: string): boolean {
  return [id, subject, address, ...topics].some((text) => text?.includes(search));
}

/** The public fields alone: what the engine gives may be its own object. */
function toJson(info: ConnectionInfo): ConnectionInfo {
  const { id, topics, subject, address, since, state, position, lag, buffered, transport } = info;
  return { id, topics, subject, address, since, state, position, lag, buffered, transport };
}
