export { connect } from "./connect.ts";
export { ClientError, type ClientErrorCode, type ClientErrorDetails, type Problem } from "./errors.ts";
export { type ParseEventStreamOptions, parseEventStream } from "./parse-event-stream.ts";
export type { StandardIssue, StandardResult, StandardSchema } from "./standard-schema.ts";
export type {
  Attempt,
  ConnectOptions,
  EventStream,
  GapEvent,
  Overflow,
  Snapshot,
  Status,
  StreamEvent,
  StreamEvents,
} from "./types.ts";
