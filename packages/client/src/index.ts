export { ClientError, type ClientErrorCode } from "./errors.ts";
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
