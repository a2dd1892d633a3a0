/** Every call of the hub, beside the page's files. A route that is not here, or is and is not there, fails a test. */
import type { JsonSchema } from "../config/kinds.ts";
import { header, json, type Operation, operation, path, query, STORE } from "./operations.ts";
import { ref } from "./schemas.ts";

const BOOLEAN: JsonSchema = { type: "boolean" };
const UP_TO_1000: JsonSchema = { type: "integer", minimum: 1, maximum: 1000 };
const UP_TO_300: JsonSchema = { type: "integer", minimum: 1, maximum: 300 };
const TOPIC = path("topic", "Levels stay separated by `/`; each is percent-encoded by itself.");
const NOTHING = { description: "Done; there is nothing to say." };
const NAMED_TOPIC = ["invalid_topic", "pattern_not_allowed"] as const;
const PUBLISHING = [
  ...NAMED_TOPIC,
  "reserved_topic",
  "invalid_event_name",
  "reserved_event_name",
  "invalid_data",
  "invalid_utf8",
  "invalid_idempotency_key",
  "publish_rate_exceeded",
  "topic_ended",
  "event_too_large",
  "idempotency_conflict",
  ...STORE,
] as const;

const stream = (description: string): JsonSchema => ({
  description,
  content: { "text/event-stream": { schema: { type: "string" } } },
});

/** By path and method. */
export const PATHS: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  "/events": {
    get: operation("listen", {
      tag: "listen",
      summary: "Listen to topics and patterns",
      parameters: [
        {
          ...query("topic", "A topic or pattern; once or several times.", { type: "array", items: { type: "string" } }),
          required: true,
        },
        header("Last-Event-ID", "Where to go on; goes before all of the following."),
        query("lastEventId", "The same, for who cannot set a header."),
        query("from", "`earliest`, or a time: where to start."),
        query("last", "The newest so many of each topic."),
        query("heartbeat", "Heartbeats that `EventSource` sees.", { enum: ["event"] }),
      ],
      answers: {
        200: stream(
          "The stream. A plain `EventSource` that is turned away for a while gets `retry:` and the end of it.",
        ),
        204: { description: "All topics have ended, and nothing is left to tell." },
      },
      refusals: [
        "topic_required",
        "invalid_topic",
        "invalid_pattern",
        "reserved_topic",
        "too_many_topics",
        "invalid_parameter",
        "not_acceptable",
        "too_many_connections",
        ...STORE,
      ],
    }),
    post: operation("publishBatch", {
      tag: "publish",
      summary: "Publish many events, all or none",
      body: {
        required: true,
        content: {
          "application/x-ndjson": { schema: { type: "string", description: "A `BatchEvent` a line." } },
          "application/json": { schema: { type: "array", items: ref("BatchEvent") } },
        },
      },
      answers: { 201: json("PublishedBatch", "Stored.") },
      refusals: ["invalid_batch", ...PUBLISHING],
    }),
  },
  "/topics": {
    get: operation("listTopics", {
      tag: "history",
      summary: "List topics that hold something or have ended",
      parameters: [
        query("after", "Go on after this name."),
        query("search", "Those with this text in their name alone."),
        query("limit", "At most so many.", UP_TO_1000),
      ],
      answers: { 200: json("Topics", "In order of name.") },
      refusals: ["invalid_parameter", ...STORE],
    }),
  },
  "/topics/{topic}": {
    get: operation("readHistory", {
      tag: "history",
      summary: "Read a topic's history",
      parameters: [
        TOPIC,
        query("after", "Go on after this id."),
        query("limit", "At most so many.", UP_TO_1000),
        query("last", "The newest so many instead.", UP_TO_1000),
        query("before", "Only what comes before this id: the `previous` of a page."),
      ],
      answers: { 200: json("History", "A page of it.") },
      refusals: ["invalid_parameter", ...NAMED_TOPIC, ...STORE],
    }),
    post: operation("publish", {
      tag: "publish",
      summary: "Publish the body as one event",
      parameters: [
        TOPIC,
        query("event", "The event's name."),
        query("end", "The topic ends with it.", BOOLEAN),
        header("Idempotency-Key", "Publishing again with it within 24 hours stores nothing."),
      ],
      body: { content: { "*/*": { schema: { type: "string" } } } },
      answers: {
        200: json("Published", "The key was known: the id of the first time."),
        201: json("Published", "Stored."),
      },
      refusals: ["invalid_json", "invalid_parameter", ...PUBLISHING],
    }),
    delete: operation("forgetTopic", {
      tag: "history",
      summary: "Forget a topic's history, keys and end",
      parameters: [TOPIC],
      answers: { 204: NOTHING },
      refusals: ["not_found", ...NAMED_TOPIC, ...STORE],
    }),
  },
  "/connections": {
    get: operation("listConnections", {
      tag: "connections",
      summary: "List who listens",
      parameters: [
        query("search", "Those with this text in their id, subject, address or topics alone."),
        query("limit", "At most so many.", UP_TO_1000),
      ],
      answers: { 200: json("Connections", "Open connections.") },
      refusals: ["invalid_parameter"],
    }),
    delete: operation("kickSubject", {
      tag: "connections",
      summary: "Close all connections of a subject, and keep it out",
      parameters: [
        { ...query("subject", "Whom."), required: true },
        query(
          "for",
          "For how long, such as `1h`. Default: until the last of its tokens expires; an hour where that is not known.",
        ),
      ],
      answers: { 200: json("Kicked", "How many were closed, and until when it stays out.") },
      refusals: ["invalid_parameter"],
    }),
  },
  "/connections/{id}": {
    delete: operation("closeConnection", {
      tag: "connections",
      summary: "Close a connection, with tidings:bye",
      parameters: [path("id", "As listed."), query("reconnect", "Whether it may come back. Default true.", BOOLEAN)],
      answers: { 204: NOTHING },
      refusals: ["invalid_parameter", "not_found"],
    }),
  },
  "/presence/{topic}": {
    get: operation("readPresence", {
      tag: "connections",
      summary: "Who listens to a topic, by its name or by a pattern",
      parameters: [TOPIC, query("limit", "At most so many subjects.", UP_TO_1000)],
      answers: { 200: json("Presence", "Connections, and whose they are.") },
      refusals: ["invalid_parameter", ...NAMED_TOPIC],
    }),
  },
  "/access": {
    get: operation("readAccess", {
      tag: "tokens",
      summary: "What the caller may do",
      answers: { 200: json("Access", "Of the token, or of who has none.") },
    }),
  },
  "/tokens": {
    post: operation("mintToken", {
      tag: "tokens",
      summary: "Sign a token for somebody else",
      body: { required: true, content: { "application/json": { schema: ref("TokenRequest") } } },
      answers: { 201: json("Token", "It expires no later than the caller's own.") },
      refusals: ["invalid_json", "invalid_parameter", "invalid_utf8", "no_signing_key", "event_too_large"],
    }),
  },
  "/healthz": {
    get: operation("readHealth", {
      tag: "operations",
      summary: "Whether the process is well",
      isOpen: true,
      answers: { 200: json("Health", "It is.") },
      refusals: ["store_lost"],
    }),
  },
  "/readyz": {
    get: operation("readReadiness", {
      tag: "operations",
      summary: "Whether it takes publications",
      isOpen: true,
      answers: { 200: json("Ready", "It does: one was tried.") },
      refusals: STORE,
    }),
  },
  "/metrics": {
    get: operation("readMetrics", {
      tag: "operations",
      summary: "Metrics for Prometheus",
      answers: { 200: { description: "Metrics.", content: { "text/plain": { schema: { type: "string" } } } } },
    }),
  },
  "/stats": {
    get: operation("readStats", {
      tag: "operations",
      summary: "How the hub does, once or each second",
      parameters: [query("last", "Also how it did: of so many of the last seconds.", UP_TO_300)],
      answers: {
        200: {
          description:
            "Once; with `last`, a list, oldest first. Or, if `Accept` asks for a stream, an event `stats` for each of the seconds asked for, else one at once, and then each second.",
          content: {
            "application/json": { schema: { oneOf: [ref("Stats"), { type: "array", items: ref("Stats") }] } },
            "text/event-stream": { schema: { type: "string" } },
          },
        },
      },
    }),
  },
  "/openapi.json": {
    get: operation("readOpenApi", {
      tag: "operations",
      summary: "This document",
      isOpen: true,
      answers: { 200: { description: "It.", content: { "application/json": { schema: { type: "object" } } } } },
    }),
  },
  "/": {
    get: operation("readPage", {
      tag: "operations",
      summary: "The page",
      isOpen: true,
      answers: { 200: { description: "The page.", content: { "text/html": { schema: { type: "string" } } } } },
      refusals: ["not_found"],
    }),
  },
};
