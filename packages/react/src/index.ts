"use client";

export type { ConnectionState, EventSourceState } from "@tidings/client/store";
export { TidingsProvider, type TidingsProviderProps } from "./provider.tsx";
export { type TypedHooks, type TypedReduceOptions, type TypedTopicOptions, typedHooks } from "./typed-hooks.ts";
export { useConnection } from "./use-connection.ts";
export { useEventEffect } from "./use-event-effect.ts";
export { useEventSource } from "./use-event-source.ts";
export { type LatestOptions, useLatest } from "./use-latest.ts";
export { useTopic } from "./use-topic.ts";
