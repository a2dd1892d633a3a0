export type { HubConfig, LogLevel } from "./config/options.ts";
export { type RunningHub, startHub } from "./start.ts";
