import { type BatchEvent, type Hub, TidingsError } from "@tidings/server";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { RouteAccess } from "../auth/route-access.ts";
import { isJsonType, readUtf8 } from "./body.ts";
import { readBoolean, readInteger, readText } from "./parameters.ts";
import type { PublishRate } from "./publish-rate.ts";
import { findTopics } from "./topic-search.ts";

/** The most that one answer lists. */
const MAX_LIMIT = 1000;
const PREFIX = "/topics/";
const READING: RouteAccess = { right: "subscribe", topics: (request) => [readTopic(request)] };
const PUBLISHING: RouteAccess = { right: "publish", topics: (request) => [readTopic(request)] };

/** `/topics`: publish, read history, list, forget. */
export function topicRoutes(app: FastifyInstance, hub: Hub, rate: PublishRate): void {
  app.get("/topics", { config: { access: "admin" } }, async (request) => {
    const limit = readInteger(request, "limit", 1, MAX_LIMIT) ?? MAX_LIMIT;
    const search = readText(request, "search") ?? "";
    const { topics, truncated } = await findTopics(hub, { limit, after: readText(request, "after"), search });
    return { topics: topics.map((topic) => ({ ...topic, readers: hub.readers(topic.topic) })), truncated };
  });

  app.get("/topics/*", { config: { access: READING } }, async (request) => {
    const limit = readInteger(request, "limit", 1, MAX_LIMIT);
    const last = readInteger(request, "last", 1, MAX_LIMIT);
    const after = readText(request, "after");
    const before = readText(request, "before");
    return hub.history(readTopic(request), {
      ...(limit !== undefined && { limit }),
      ...(last !== undefined && { last }),
      ...(after !== undefined && { after }),
      ...(before !== undefined && { before }),
    });
  });

  app.post("/topics/*", { config: { access: PUBLISHING } }, async (request, reply) => {
    const { topic, data, ...options } = readEvent(request);
    rate.take(request, 1);
    const { id, repeated } =
      data === undefined ? await hub.end(topic, options) : await hub.publish(topic, data, options);
    reply.code(repeated ? 200 : 201);
    return { id, topic };
  });

  app.delete("/topics/*", { config: { access: "admin" } }, async (request, reply) => {
    const topic = readTopic(request);
    if (!(await hub.deleteTopic(topic))) {
      throw new TidingsError("not_found", `Nothing is held of the topic "${topic}". GET /topics lists what there is.`);
    }
    return reply.code(204).send();
  });
}

/** A single publication as HTTP says it. An empty body that ends the topic is no event. */
function readEvent(request: FastifyRequest): BatchEvent {
  const topic = readTopic(request);
  const event = readText(request, "event");
  const end = readBoolean(request, "end") ?? false;
  const idempotencyKey = request.headers["idempotency-key"] as string | undefined;
  const data = readUtf8(request);
  if (end && data === "" && event !== undefined) {
    throw new TidingsError(
      "invalid_data",
      "?event= names an event, but the body is empty. Send its data, or leave out ?event=.",
      {
        field: "data",
      },
    );
  }
  if (!(end && data === "") && isJsonType(request.headers["content-type"])) assertJson(data);
  return {
    topic,
    ...(!(end && data === "") && { data }),
    ...(event !== undefined && { event }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(end && { end }),
  };
}

/**
 * The topic in the path, its levels percent-decoded one by one. The router's own parameter will not do: decoded as a whole
 * it no longer tells a slash between levels from one inside a level.
 */
export function readTopic(request: FastifyRequest, prefix: string = PREFIX): string {
  const path = (request.raw.url as string).split("?", 1)[0] as string;
  return path.slice(prefix.length).split("/").map(decodeLevel).join("/");
}

function decodeLevel(level: string): string {
  const decoded = decodeURIComponent(level);
  if (!decoded.includes("/")) return decoded;
  throw new TidingsError(
    "invalid_topic",
    `The level "${level}" has an encoded slash (%2F). A slash always separates two levels: write it as "/", or leave it out.`,
    { field: "topic" },
  );
}

function assertJson(data: string): void {
  try {
    JSON.parse(data);
  } catch (error) {
    throw new TidingsError(
      "invalid_json",
      `The Content-Type says JSON, but the body is none: ${(error as Error).message}. Mend it, or send it as text/plain.`,
      { field: "data" },
    );
  }
}
