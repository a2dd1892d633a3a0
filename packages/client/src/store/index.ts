export {
  createEventSourceStore,
  type EventSourceOptions,
  type EventSourceState,
} from "./event-source-store.ts";
export { type ConnectionState, createHubClient, type HubClient, type HubClientOptions } from "./hub-client.ts";
export { type LoadedTopic, type LoadOptions, loadTopic } from "./load-topic.ts";
export type { Start, TopicListener } from "./member.ts";
export { type ReadOptions, type StoreOptions, toIdentity } from "./open-stream.ts";
export type { Store } from "./store.ts";
export { createTopicStore, type ReduceOptions, type Seed, type TopicOptions, type TopicStart } from "./topic-store.ts";
