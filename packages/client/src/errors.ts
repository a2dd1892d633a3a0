import { WireError } from "@tidings/wire";

/** Every way a stream can fail, as a closed set: the codes are stable, the sentences may be reworded. */
export type ClientErrorCode =
  /** An option has a value it cannot have. Thrown by `connect`, never told later. */
  | "invalid_option"
  /** The network failed, or the server closed without a word. Tried again. */
  | "network"
  /** The server answered with another status than 200. 429 and 5xx are tried again, others end the stream. */
  | "http_status"
  /** The answer is not text/event-stream. Ends the stream. */
  | "content_type"
  /** No byte came for the stall time. Tried again. */
  | "stalled"
  /** What came is no stream this client can read. Ends the stream. */
  | "protocol"
  /** A request that may not be sent again was cut. Ends the stream; `cause` is what cut it. */
  | "not_idempotent"
  /** The `headers` function threw. Tried again. */
  | "headers_failed"
  /** Data did not validate, and was dropped. */
  | "invalid_data"
  /** An iterator was too slow, and `count` events were dropped. */
  | "dropped"
  /** Something between server and reader holds events back. */
  | "late_delivery";

/** The body of a refusal that is a problem document (RFC 9457): the members that Tidings hubs send. */
export interface Problem {
  readonly code?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly field?: string;
}

/** What an error may carry beside its sentence. */
export interface ClientErrorDetails {
  readonly status?: number | undefined;
  readonly problem?: Problem | undefined;
  readonly field?: string | undefined;
  readonly count?: number | undefined;
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/** The one error class of `@tidings/client`. Distinguish by {@link ClientError.code}, never by message. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  declare readonly code: ClientErrorCode;
  /** The HTTP status, where there was one. */
  declare readonly status: number | undefined;
  /** The body of a refusal, where it was a problem document (RFC 9457). */
  declare readonly problem: Problem | undefined;
  /** The option at fault, or the path in the data. */
  declare readonly field: string | undefined;
  /** How many events were dropped. */
  declare readonly count: number | undefined;
  /** How long a refusal asked to wait (`Retry-After`), in milliseconds. */
  declare readonly retryAfter: number | undefined;

  constructor(code: ClientErrorCode, message: string, details?: ClientErrorDetails) {
    super(message, details);
    Object.assign(this, details, { code });
  }
}

/** What an attempt, or the loading of code, ends with: an error of the platform, or of a program. */
export interface Failure {
  readonly code?: string;
  readonly message?: string;
  readonly cause?: Failure;
}

/** An error of ours, for whatever an attempt ended with. */
export function toError(cause: Failure | undefined): ClientError {
  if (cause instanceof ClientError) return cause;
  // No event is shorter in another attempt: as final as a refusal.
  if (cause instanceof WireError) return new ClientError("protocol", cause.message, { status: 200, cause });
  const inner = cause?.cause;
  return new ClientError("network", `The network failed: ${inner?.code ?? inner?.message ?? cause?.message}.`, {
    cause,
  });
}
