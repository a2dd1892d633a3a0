"use client";

export { TidingsProvider, type TidingsProviderProps } from "./provider.tsx";
export { type TypedHooks, type TypedReduceOptions, type TypedTopicOptions, typedHooks } from "./typed-hooks.ts";
export { type Connection, useConnection } from "./use-connection.ts";
export { useEventEffect } from "./use-event-effect.ts";
export { type EventSourceResult, useEventSource } from "./use-event-source.ts";
export { type LatestOptions, useLatest } from "./use-latest.ts";
export { useTopic } from "./use-topic.ts";
