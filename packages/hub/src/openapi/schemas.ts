import { ERRORS } from "@tidings/server";
import type { JsonSchema } from "../config/kinds.ts";

const text: JsonSchema = { type: "string" };
const count: JsonSchema = { type: "integer", minimum: 0 };
const number: JsonSchema = { type: "number", minimum: 0 };
const time: JsonSchema = { type: "integer", description: "Milliseconds since 1970." };
const id: JsonSchema = { type: "string", description: "An opaque position in the log.", examples: ["m3k9x2-1042"] };
const names: JsonSchema = { type: "array", items: text };
const counts: JsonSchema = { type: "object", additionalProperties: count };

/** An object with these members and no others; a name that ends in `?` may be absent. */
export function object(members: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const entries = Object.entries(members);
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([name, schema]) => [name.replace(/\?$/, ""), schema])),
    required: entries.map(([name]) => name).filter((name) => !name.endsWith("?")),
    additionalProperties: false,
  };
}

/** A schema of {@link SCHEMAS}. */
export function ref(name: keyof typeof SCHEMAS): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

const list = (name: string, items: JsonSchema): JsonSchema =>
  object({ [name]: { type: "array", items }, truncated: { type: "boolean", description: "There are more." } });

const gap = object({
  reason: { enum: ["trimmed", "reset", "unknown"] },
  after: text,
  resumesAt: id,
});

const event = object({ id, topic: text, "event?": text, "data?": text, time, "end?": { const: true } });

const topic = object({
  topic: text,
  count,
  bytes: count,
  ended: { type: "boolean" },
  "firstId?": id,
  "lastId?": id,
  "lastTime?": time,
  readers: count,
});

const connection = object({
  id: text,
  topics: names,
  "subject?": text,
  "address?": text,
  since: time,
  state: { enum: ["catching-up", "live", "closing", "closed"] },
  position: id,
  lag: count,
  buffered: count,
  "transport?": text,
});

/** What calls answer with. */
export const SCHEMAS = {
  ErrorCode: { enum: Object.keys(ERRORS) },
  Problem: {
    ...object({
      type: { type: "string", format: "uri" },
      title: text,
      status: { type: "integer" },
      code: { $ref: "#/components/schemas/ErrorCode" },
      detail: { type: "string", description: "What was wrong here, and the way out. For people: decide by the code." },
      "field?": { type: "string", description: "The parameter, header or member at fault." },
      "index?": { type: "integer", minimum: 0, description: "The event of a batch at fault." },
    }),
    description: "RFC 9457.",
  },
  Published: object({ id, topic: text }),
  PublishedBatch: object({ ids: { type: "array", items: id } }),
  BatchEvent: object({ topic: text, "data?": {}, "event?": text, "key?": text, "end?": { type: "boolean" } }),
  History: object({
    events: { type: "array", items: event },
    next: id,
    upToDate: { type: "boolean" },
    "previous?": id,
    "gap?": gap,
  }),
  Topics: list("topics", topic),
  Connections: list("connections", connection),
  Kicked: object({ connections: count, until: { ...time, description: "Until when it is kept out." } }),
  Presence: object({
    topic: text,
    connections: count,
    anonymous: { ...count, description: "Connections of nobody known." },
    subjects: { type: "array", items: object({ subject: text, connections: count, since: time }) },
    truncated: { type: "boolean" },
  }),
  Access: object({
    keys: { type: "boolean", description: "Tokens are looked at." },
    "subject?": text,
    "expires?": time,
    subscribe: names,
    publish: names,
    presence: names,
    metrics: { type: "boolean" },
    admin: { type: "boolean" },
    mints: { type: "boolean", description: "`POST /tokens` can sign." },
  }),
  TokenRequest: object({
    "subscribe?": names,
    "publish?": names,
    "presence?": names,
    "metrics?": { type: "boolean" },
    "admin?": { type: "boolean" },
    "subject?": text,
    expires: { type: "string", examples: ["10m"] },
  }),
  Token: object({ token: text, expires: time }),
  Health: object({
    status: { const: "ok" },
    version: text,
    uptime: { type: "integer", minimum: 0, description: "Seconds." },
    connections: count,
    publications: count,
    store: text,
  }),
  Ready: object({ status: { const: "ready" } }),
  Stats: object({
    time,
    uptime: count,
    version: text,
    node: text,
    store: object({ kind: text, "fileBytes?": count }),
    connections: object({ catchingUp: count, live: count, closing: count }),
    publications: count,
    deliveries: count,
    bytesOut: count,
    gaps: counts,
    disconnects: counts,
    lag: count,
    buffered: count,
    memory: object({ rss: count, heapUsed: count }),
    eventLoop: object({ p50: number, p99: number, max: number }),
    append: object({ p50: number, p99: number }),
  }),
} satisfies Record<string, JsonSchema>;
