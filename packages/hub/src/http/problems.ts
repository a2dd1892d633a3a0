import type { ServerResponse } from "node:http";
import { type ErrorCode, TidingsError, toProblem } from "@tidings/server";
import type { FastifyError } from "fastify";

/** A complete answer that says no. */
export interface ProblemResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a 503 says if the error does not know better: most of its causes (a lock, a restart) pass within seconds. */
const RETRY_AFTER_SECONDS = 2;
/** What each refusal asks for, as in RFC 6750 §3. */
const CHALLENGES: Partial<Record<ErrorCode, string>> = {
  unauthorized: "Bearer",
  invalid_token: 'Bearer error="invalid_token"',
  forbidden: 'Bearer error="insufficient_scope"',
};

/** The `application/problem+json` answer (RFC 9457) for an error. */
export function toProblemResponse(error: TidingsError): ProblemResponse {
  const challenge = CHALLENGES[error.code];
  const retryAfter = error.retryAfter ?? (error.status === 503 ? RETRY_AFTER_SECONDS : undefined);
  return {
    status: error.status,
    headers: {
      "content-type": "application/problem+json",
      ...(retryAfter !== undefined && { "retry-after": String(retryAfter) }),
      ...(challenge !== undefined && { "www-authenticate": challenge }),
      // What is left of a refused body is not read, so nothing can follow it on this connection.
      ...(error.status === 413 && { connection: "close" }),
    },
    body: `${JSON.stringify(toProblem(error))}\n`,
  };
}

/** Answers a request that never reaches a route. What it may still send is not read. */
export function writeProblem(response: ServerResponse, error: TidingsError): void {
  const { status, headers, body } = toProblemResponse(error);
  response.writeHead(status, { ...headers, connection: "close", "content-length": Buffer.byteLength(body) });
  response.end(body);
}

/** What went wrong in a route, as one of the hub's own errors. What is not foreseen shows nothing of itself. */
export function toTidingsError(error: unknown, bodyLimit: number): TidingsError {
  if (error instanceof TidingsError) return error;
  switch ((error as FastifyError | null)?.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new TidingsError(
        "event_too_large",
        `The body is larger than ${bodyLimit} bytes, which is the limit here.`,
      );
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
    case "ECONNRESET":
      return new TidingsError("bad_request", "The body ended before its Content-Length was reached.", { cause: error });
    case "FST_ERR_BAD_URL":
      return new TidingsError(
        "invalid_topic",
        "The path is not percent-encoded UTF-8; encode each level of a topic with encodeURIComponent.",
        { field: "topic" },
      );
    default:
      return new TidingsError("internal_error", "The hub failed at this request; its log says how.", { cause: error });
  }
}
