export { covers } from "./covering.ts";
export { defineTopics } from "./define-topics.ts";
export { hasTopic } from "./has-topic.ts";
export {
  compareSpecificity,
  findPatternFault,
  findTopicFault,
  isPattern,
  isReservedTopic,
  MAX_TOPIC_BYTES,
  matchesPattern,
  RESERVED_TOPIC_PREFIX,
} from "./names.ts";
export {
  type InputOf,
  issuePath,
  type OutputOf,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
} from "./standard-schema.ts";
export { isTypeOnly, type TypesOf, typeOnly, typesOf } from "./type-only.ts";
export type {
  DeclaredData,
  DeclaredEvent,
  DeclaredPublication,
  DeclaredTopic,
  EventOf,
  EventOption,
  EventSchemas,
  OfTopic,
  ReceivedEvent,
  SchemasOf,
  Subscribable,
  TopicSchemas,
  Topics,
} from "./types.ts";
