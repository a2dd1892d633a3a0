import { type BatchEvent, type ErrorDetails, type Hub, TidingsError } from "@tidings/server";
import type { FastifyInstance } from "fastify";
import { assertMay } from "../auth/rights.ts";
import { isRecord } from "../config/kinds.ts";
import { readUtf8 } from "./body.ts";
import type { PublishRate } from "./publish-rate.ts";

/** What a batch holds, before it is looked at. */
interface Batch {
  readonly values: readonly unknown[];
  /** What a message calls the value at an index. */
  readonly label: (index: number) => string;
}

/** A value in which {@link findFault} has found nothing. */
interface EventValue {
  readonly topic: string;
  readonly data?: unknown;
  readonly event?: string;
  readonly key?: string;
  readonly end?: boolean;
}

/** Why a value is no event, as the end of a sentence. */
interface Fault {
  readonly why: string;
  readonly field?: string;
}

const FIELDS = ["topic", "data", "event", "key", "end"];
const SHAPE = '{"topic": "orders/42", "data": …, "event"?, "key"?, "end"?}';

/** `POST /events`: publish many, all or none, as NDJSON or as a JSON array. */
export function batchRoutes(app: FastifyInstance, hub: Hub, rate: PublishRate, maxBytes: number): void {
  app.post("/events", { bodyLimit: maxBytes, config: { access: { right: "publish" } } }, async (request, reply) => {
    const batch = parseBatch(readUtf8(request));
    const events = toEvents(batch);
    assertMay(request.identity, "publish", new Set(events.map(({ topic }) => topic)));
    rate.take(request, events.length);
    const published = await hub.publishBatch(events).catch((error: unknown) => Promise.reject(named(error, batch)));
    reply.code(201);
    return { ids: published.map(({ id }) => id) };
  });
}

/** A line of NDJSON must be an object here, so that a body that starts with a bracket is an array, whatever its type. */
function parseBatch(text: string): Batch {
  const batch = /^\s*\[/.test(text) ? parseArray(text) : parseLines(text);
  if (batch.values.length > 0) return batch;
  throw new TidingsError("invalid_batch", `The batch is empty. Send one ${SHAPE} a line, or an array of them.`);
}

function parseLines(text: string): Batch {
  const values: unknown[] = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string;
    if (isBlank(line)) continue;
    try {
      values.push(JSON.parse(line));
    } catch (cause) {
      throw notJson(`Line ${at + 1}`, cause, { index: values.length });
    }
  }
  return { values, label: (index) => `Line ${lineOf(text, index)}` };
}

function parseArray(text: string): Batch {
  try {
    return { values: JSON.parse(text) as readonly unknown[], label: (index) => `Item ${index + 1}` };
  } catch (cause) {
    throw notJson("The array", cause);
  }
}

function notJson(label: string, cause: unknown, details: ErrorDetails = {}): TidingsError {
  return new TidingsError("invalid_batch", `${label} is not JSON: ${(cause as Error).message}.`, { ...details, cause });
}

/** The line, counted from 1, of the value at an index: blank ones are none. */
function lineOf(text: string, index: number): number {
  let before = index;
  return text.split("\n").findIndex((line) => !isBlank(line) && before-- === 0) + 1;
}

function isBlank(line: string): boolean {
  return line.trim() === "";
}

function toEvents({ values, label }: Batch): readonly BatchEvent[] {
  return values.map((value, index) => {
    const fault = findFault(value);
    if (fault === undefined) return toEvent(value as EventValue);
    const { why, field } = fault;
    throw new TidingsError("invalid_batch", `${label(index)} ${why}.`, {
      index,
      ...(field !== undefined && { field }),
    });
  });
}

function findFault(value: unknown): Fault | undefined {
  if (!isRecord(value)) return { why: `is not an object of the form ${SHAPE}` };
  const unknown = Object.keys(value).find(isUnknown);
  if (unknown !== undefined)
    return { why: `has an unknown field "${unknown}"; known are ${FIELDS.join(", ")}`, field: unknown };
  const { topic, data, event, key, end } = value;
  if (typeof topic !== "string") return { why: 'needs a "topic", a string', field: "topic" };
  if (event !== undefined && typeof event !== "string")
    return { why: 'has an "event" that is not a string', field: "event" };
  if (key !== undefined && typeof key !== "string") return { why: 'has a "key" that is not a string', field: "key" };
  if (end !== undefined && typeof end !== "boolean")
    return { why: 'has an "end" that is not true or false', field: "end" };
  if (data === undefined && (end !== true || event !== undefined))
    return { why: 'needs "data", a string or any other JSON value; only "end": true may go without', field: "data" };
  return undefined;
}

function isUnknown(field: string): boolean {
  return !FIELDS.includes(field);
}

/** By assignment and not by spreads, each of which would be an object for every event. */
function toEvent({ topic, data, event, key, end }: EventValue): BatchEvent {
  const result: { -readonly [Field in keyof BatchEvent]: BatchEvent[Field] } = { topic };
  if (data !== undefined) result.data = data;
  if (event !== undefined) result.event = event;
  if (key !== undefined) result.idempotencyKey = key;
  if (end === true) result.end = end;
  return result;
}

/** The engine knows an event by its index, or not at all if it is the only one; whoever sent the batch, by its line. */
function named(error: unknown, { values, label }: Batch): unknown {
  if (!(error instanceof TidingsError)) return error;
  const { code, message, field, retryAfter, status } = error;
  const index = error.index ?? (values.length === 1 && status < 500 ? 0 : undefined);
  if (index === undefined) return error;
  return new TidingsError(code, `${label(index)}: ${message}`, {
    index,
    cause: error,
    ...(field !== undefined && { field }),
    ...(retryAfter !== undefined && { retryAfter }),
  });
}
