export { EventSource } from "./event-source.ts";
export type { EventSourceOptions } from "./options.ts";
