export {
  covers,
  defineTopics,
  type InputOf,
  type OutputOf,
  type StandardSchema,
  type TopicSchemas,
  type Topics,
  typeOnly,
} from "@tidings/wire/topics";
export type { HandlerOptions } from "./adapters/handler-options.ts";
export { createHub } from "./create-hub.ts";
export { ERRORS, type ErrorCode, type ErrorDetails, type Problem, TidingsError, toProblem } from "./errors.ts";
export type { TypedHub } from "./hub/typed-hub.ts";
export type {
  Admission,
  BatchEvent,
  CompressionPolicy,
  Connection,
  ConnectionInfo,
  ConnectRequest,
  DisconnectReason,
  Gap,
  Grant,
  History,
  HistoryEvent,
  HistoryOptions,
  Hub,
  HubObserver,
  HubOptions,
  HubStatus,
  Kicked,
  Limits,
  PipeOptions,
  Presence,
  Published,
  PublishOptions,
  Refusal,
  SlowConsumerPolicy,
  Stream,
  StreamHandle,
  TopicInfo,
} from "./hub/types.ts";
export type { Runtime } from "./ports/runtime.ts";
export type { Sink } from "./ports/sink.ts";
export type {
  Append,
  Appended,
  Barred,
  LatestRequest,
  Opened,
  OpenOptions,
  Page,
  Publication,
  ReadRequest,
  Store,
  TailEntry,
  TopicSummary,
} from "./ports/store.ts";
export type { Epoch, Lineage, Offset } from "./positions.ts";
export type { Retention, RetentionOptions } from "./retention.ts";
export { type MemoryOptions, memory } from "./stores/memory.ts";
export type { Subscription } from "./topics.ts";
