import { TidingsError } from "@tidings/server";
import type { FastifyRequest } from "fastify";
import { positiveDuration } from "../config/kinds.ts";

/**
 * A query parameter that may be given once.
 *
 * @throws TidingsError `invalid_parameter` if it is given more often
 */
export function readText(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as Record<string, string | string[] | undefined>)[name];
  if (Array.isArray(value)) throw refuse(name, `?${name}= may be given only once.`);
  return value;
}

/**
 * A query parameter that is a whole number from `min` to `max`.
 *
 * @throws TidingsError `invalid_parameter`
 */
export function readInteger(request: FastifyRequest, name: string, min: number, max: number): number | undefined {
  const value = readText(request, name);
  if (value === undefined) return undefined;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw refuse(name, `?${name}= must be a whole number from ${min} to ${max}.`);
}

/**
 * A query parameter that is `true` or `false`.
 *
 * @throws TidingsError `invalid_parameter`
 */
export function readBoolean(request: FastifyRequest, name: string): boolean | undefined {
  const value = readText(request, name);
  if (value === undefined) return undefined;
  if (value === "true" || value === "false") return value === "true";
  throw refuse(name, `?${name}= must be true or false.`);
}

/**
 * A query parameter that is a span of time with its unit, such as `10m`, in milliseconds.
 *
 * @throws TidingsError `invalid_parameter`
 */
export function readDuration(request: FastifyRequest, name: string): number | undefined {
  const value = readText(request, name);
  if (value === undefined) return undefined;
  const duration = positiveDuration.parse(value);
  if (duration !== undefined) return duration;
  throw refuse(name, `?${name}= must be ${positiveDuration.allowed}.`);
}

function refuse(field: string, message: string): TidingsError {
  return new TidingsError("invalid_parameter", message, { field });
}
