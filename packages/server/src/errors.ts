/**
 * Every way Tidings can say no, as a closed set: a stable code, the HTTP status it answers with, and a title. The
 * sentence of one occurrence (`message`) names what was wrong and how to mend it.
 */
export const ERRORS = {
  bad_request: { status: 400, title: "Not a complete HTTP request" },
  topic_required: { status: 400, title: "No topic given" },
  invalid_topic: { status: 400, title: "Not a topic name" },
  invalid_pattern: { status: 400, title: "Not a topic pattern" },
  pattern_not_allowed: { status: 400, title: "A pattern where a topic is needed" },
  reserved_topic: { status: 400, title: "A topic of the hub's own" },
  too_many_topics: { status: 400, title: "Too many topics for one connection" },
  invalid_event_name: { status: 400, title: "Not an event name" },
  reserved_event_name: { status: 400, title: "A reserved event name" },
  not_declared: { status: 400, title: "A topic or event that is not declared" },
  invalid_data: { status: 400, title: "Data that cannot be sent" },
  invalid_utf8: { status: 400, title: "A body that is not UTF-8" },
  invalid_json: { status: 400, title: "A body that is not JSON" },
  invalid_batch: { status: 400, title: "A batch with an invalid line" },
  invalid_parameter: { status: 400, title: "A parameter with an invalid value" },
  invalid_idempotency_key: { status: 400, title: "Not an idempotency key" },
  unauthorized: { status: 401, title: "Not signed in" },
  invalid_token: { status: 401, title: "A token that is not good" },
  forbidden: { status: 403, title: "Not allowed" },
  subject_barred: { status: 403, title: "Disconnected, and kept out for a while" },
  origin_not_allowed: { status: 403, title: "Pages of this origin may not do this" },
  not_loopback: { status: 403, title: "Only this machine may call a hub without keys" },
  not_found: { status: 404, title: "Nothing here" },
  method_not_allowed: { status: 405, title: "Not a method of this path" },
  not_acceptable: { status: 406, title: "Only text/event-stream is to be had here" },
  request_timeout: { status: 408, title: "A request that came too slowly" },
  topic_ended: { status: 409, title: "The topic has ended" },
  no_signing_key: { status: 409, title: "No secret to sign tokens with" },
  event_too_large: { status: 413, title: "An event over the size limit" },
  idempotency_conflict: { status: 422, title: "An idempotency key used again with other content" },
  publish_rate_exceeded: { status: 429, title: "Too many publications" },
  headers_too_large: { status: 431, title: "Request headers over the size limit" },
  internal_error: { status: 500, title: "A fault of the hub itself" },
  invalid_option: { status: 500, title: "An option with an invalid value" },
  too_many_connections: { status: 503, title: "The hub is full" },
  hub_not_ready: { status: 503, title: "The hub is not ready yet" },
  hub_closed: { status: 503, title: "The hub is closing" },
  keys_unavailable: { status: 503, title: "The keys that verify tokens cannot be fetched" },
  store_failed: { status: 503, title: "The store failed" },
  store_lost: { status: 503, title: "The store has ended and needs a restart" },
  store_full: { status: 503, title: "The disk of the store is full" },
  store_read_only: { status: 503, title: "The store cannot be written" },
  store_corrupt: { status: 503, title: "The store is damaged" },
  store_too_new: { status: 503, title: "The store was written by a newer version" },
  store_driver_missing: { status: 503, title: "No SQLite driver found" },
} as const satisfies Record<string, { status: number; title: string }>;

/** The stable code of a {@link TidingsError}. */
export type ErrorCode = keyof typeof ERRORS;

/** What an occurrence may name beside its sentence. */
export interface ErrorDetails {
  /** The field, parameter or option at fault. */
  field?: string;
  /** In a batch: the index of the event at fault, from 0. */
  index?: number;
  /** Seconds after which trying again may help. */
  retryAfter?: number;
  cause?: unknown;
}

/** The one error class of `@tidings/server`. Distinguish by {@link TidingsError.code}, never by message. */
export class TidingsError extends Error {
  override readonly name = "TidingsError";
  readonly code: ErrorCode;
  /** The HTTP status this error answers with. */
  readonly status: number;
  /** The field, parameter or option at fault, where there is one. */
  readonly field: string | undefined;
  /** In a batch: the index of the event at fault, from 0. */
  readonly index: number | undefined;
  /** Seconds after which trying again may help. */
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = ERRORS[code].status;
    this.field = details.field;
    this.index = details.index;
    this.retryAfter = details.retryAfter;
  }
}

/** An error as `application/problem+json` (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
  field?: string;
  index?: number;
}

/** The problem document for an error. */
export function toProblem(error: TidingsError): Problem {
  return {
    type: `https://tidings.dev/errors#${error.code}`,
    title: ERRORS[error.code].title,
    status: error.status,
    code: error.code,
    detail: error.message,
    ...(error.field !== undefined && { field: error.field }),
    ...(error.index !== undefined && { index: error.index }),
  };
}
