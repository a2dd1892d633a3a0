import { ERRORS, type ErrorCode } from "@tidings/server";
import type { JsonSchema } from "../config/kinds.ts";
import { ref } from "./schemas.ts";

/** Codes that whatever stands in front of every route may answer. */
const GUARD: readonly ErrorCode[] = [
  "bad_request",
  "not_loopback",
  "origin_not_allowed",
  "request_timeout",
  "headers_too_large",
  "internal_error",
];
/** And those of whoever needs a token. */
const TOKEN: readonly ErrorCode[] = [
  "unauthorized",
  "invalid_token",
  "forbidden",
  "subject_barred",
  "keys_unavailable",
];
/** What keeps a hub from its history. */
export const STORE: readonly ErrorCode[] = [
  "hub_not_ready",
  "hub_closed",
  "store_failed",
  "store_lost",
  "store_full",
  "store_read_only",
  "store_corrupt",
  "store_too_new",
  "store_driver_missing",
];

/** An operation of OpenAPI 3.1. */
export type Operation = JsonSchema;

/** What an operation is made of. */
export interface OperationParts {
  readonly summary: string;
  readonly tag: string;
  /** Whether everybody may, without a look at tokens. */
  readonly isOpen?: true;
  readonly parameters?: readonly JsonSchema[];
  readonly body?: JsonSchema;
  /** Answers other than refusals, by status. */
  readonly answers: Readonly<Record<number, JsonSchema>>;
  /** Codes that it may be refused with, beside those of every route. */
  readonly refusals?: readonly ErrorCode[];
}

export function operation(id: string, parts: OperationParts): Operation {
  const { summary, tag, isOpen, parameters, body, answers, refusals = [] } = parts;
  const codes = [...GUARD, ...(isOpen ? [] : TOKEN), ...refusals];
  return {
    operationId: id,
    summary,
    tags: [tag],
    ...(isOpen && { security: [] }),
    ...(parameters && { parameters }),
    ...(body && { requestBody: body }),
    responses: { ...answers, ...toProblems(codes) },
  };
}

/** JSON of a schema. */
export function json(name: Parameters<typeof ref>[0], description: string): JsonSchema {
  return { description, content: { "application/json": { schema: ref(name) } } };
}

export function query(name: string, description: string, schema: JsonSchema = { type: "string" }): JsonSchema {
  return { name, in: "query", description, schema };
}

export function header(name: string, description: string): JsonSchema {
  return { name, in: "header", description, schema: { type: "string" } };
}

export function path(name: string, description: string): JsonSchema {
  return { name, in: "path", required: true, description, schema: { type: "string" } };
}

/** One answer for each status, which names the codes that may stand in it. */
function toProblems(codes: readonly ErrorCode[]): Record<string, JsonSchema> {
  const unique = [...new Set(codes)];
  const statuses = [...new Set(unique.map((code) => ERRORS[code].status))];
  return Object.fromEntries(
    statuses.map((status) => {
      const named = unique.filter((code) => ERRORS[code].status === status);
      const schema = { allOf: [ref("Problem"), { properties: { code: { enum: named } } }] };
      const description = named.map((code) => ERRORS[code].title).join("; ");
      return [status, { description, content: { "application/problem+json": { schema } } }];
    }),
  );
}
