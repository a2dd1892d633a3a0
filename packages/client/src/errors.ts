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
  readonly status?: number;
  readonly problem?: Problem | undefined;
  readonly field?: string;
  readonly count?: number;
  readonly cause?: unknown;
}

/** The one error class of `@tidings/client`. Distinguish by {@link ClientError.code}, never by message. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly code: ClientErrorCode;
  /** The HTTP status, where there was one. */
  readonly status: number | undefined;
  /** The body of a refusal, where it was a problem document (RFC 9457). */
  readonly problem: Problem | undefined;
  /** The option at fault, or the path in the data. */
  readonly field: string | undefined;
  /** How many events were dropped. */
  readonly count: number | undefined;

  constructor(code: ClientErrorCode, message: string, details: ClientErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.problem = details.problem;
    this.field = details.field;
    this.count = details.count;
  }
}
