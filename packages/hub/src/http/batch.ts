import { type BatchEvent, type ErrorDetails, type Hub, TidingsError } from "@tidings/server";
import type { FastifyInstance } from "fastify";
import { assertMay } from "../auth/rights.ts";
import { isRecord } from "../config/kinds.ts";
import { readUtf8 } from "./body.ts";
import type { PublishRate } from "./publish-rate.ts";

/** One item of a batch before it is looked at, and what a message calls it. */
interface Item {
  readonly label: string;
  readonly value: unknown;
}

const FIELDS = ["topic", "data", "event", "key", "end"];
const SHAPE = '{"topic": "orders/42", "data": …, "event"?, "key"?, "end"?}';

/** `POST /events`: publish many, all or none, as NDJSON or as a JSON array. */
export function batchRoutes(app: FastifyInstance, hub: Hub, rate: PublishRate, maxBytes: number): void {
  app.post("/events", { bodyLimit: maxBytes, config: { access: { right: "publish" } } }, async (request, reply) => {
    const items = parseItems(readUtf8(request));
    const events = items.map(toEvent);
    assertMay(request.identity, "publish", new Set(events.map(({ topic }) => topic)));
    rate.take(request, events.length);
    const published = await hub.publishBatch(events).catch((error: unknown) => Promise.reject(named(error, items)));
    reply.code(201);
    return { ids: published.map(({ id }) => id) };
  });
}

/** A line of NDJSON must be an object here, so that a body that starts with a bracket is an array, whatever its type. */
function parseItems(text: string): readonly Item[] {
  const items = /^\s*\[/.test(text) ? parseArray(text) : parseLines(text);
  if (items.length > 0) return items;
  throw new TidingsError("invalid_batch", `The batch is empty. Send one ${SHAPE} a line, or an array of them.`);
}

function parseLines(text: string): readonly Item[] {
  const items: Item[] = [];
  for (const [at, line] of text.split("\n").entries()) {
    const label = `Line ${at + 1}`;
    if (line.trim() !== "") items.push({ label, value: parseJson(line, label, { index: items.length }) });
  }
  return items;
}

function parseArray(text: string): readonly Item[] {
  const values = parseJson(text, "The array") as readonly unknown[];
  return values.map((value, at) => ({ label: `Item ${at + 1}`, value }));
}

function parseJson(text: string, label: string, details: ErrorDetails = {}): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = (cause as Error).message;
    throw new TidingsError("invalid_batch", `${label} is not JSON: ${why}.`, { ...details, cause });
  }
}

function toEvent({ label, value }: Item, index: number): BatchEvent {
  const refuse = (fault: string, field?: string): TidingsError =>
    new TidingsError("invalid_batch", `${label} ${fault}.`, { index, ...(field !== undefined && { field }) });
  if (!isRecord(value)) throw refuse(`is not an object of the form ${SHAPE}`);
  const unknown = Object.keys(value).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) throw refuse(`has an unknown field "${unknown}"; known are ${FIELDS.join(", ")}`, unknown);
  const { topic, data, event, key, end } = value;
  if (typeof topic !== "string") throw refuse('needs a "topic", a string', "topic");
  if (event !== undefined && typeof event !== "string") throw refuse('has an "event" that is not a string', "event");
  if (key !== undefined && typeof key !== "string") throw refuse('has a "key" that is not a string', "key");
  if (end !== undefined && typeof end !== "boolean") throw refuse('has an "end" that is not true or false', "end");
  if (data === undefined && (end !== true || event !== undefined))
    throw refuse('needs "data", a string or any other JSON value; only "end": true may go without', "data");
  return {
    topic,
    ...(data !== undefined && { data }),
    ...(event !== undefined && { event }),
    ...(key !== undefined && { idempotencyKey: key }),
    ...(end === true && { end }),
  };
}

/** The engine knows an event by its index, or not at all if it is the only one; whoever sent the batch, by its line. */
function named(error: unknown, items: readonly Item[]): unknown {
  if (!(error instanceof TidingsError)) return error;
  const { code, message, field, retryAfter, status } = error;
  const index = error.index ?? (items.length === 1 && status < 500 ? 0 : undefined);
  if (index === undefined) return error;
  return new TidingsError(code, `${items[index]?.label}: ${message}`, {
    index,
    cause: error,
    ...(field !== undefined && { field }),
    ...(retryAfter !== undefined && { retryAfter }),
  });
}
