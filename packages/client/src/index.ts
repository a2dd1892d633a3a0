export {
  defineTopics,
  type EventOf,
  hasTopic,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
  type Subscribable,
  type TopicSchemas,
  type Topics,
  type TypesOf,
  typeOnly,
  typesOf,
} from "@tidings/wire/topics";
export { connect } from "./connect.ts";
export { ClientError, type ClientErrorCode, type ClientErrorDetails, type Problem } from "./errors.ts";
export { type ParseEventStreamOptions, parseEventStream } from "./parse-event-stream.ts";
export type { TypedConnectOptions, TypedEventStream } from "./typed.ts";
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
