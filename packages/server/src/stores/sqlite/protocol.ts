import { type ErrorCode, TidingsError } from "../../errors.ts";
import type { Append, Barred, Dropped, LatestRequest, Opened, ReadRequest, TailEntry } from "../../ports/store.ts";
import type { Offset } from "../../positions.ts";
import type { RetentionOptions } from "../../retention.ts";
import type { LogBounds } from "../shared/bounds.ts";

/** What the worker is started with. */
export interface Start {
  readonly path: string;
  readonly retention: RetentionOptions;
  readonly bounds: LogBounds;
  readonly epoch: string;
}

/** What the worker is asked to do. `time` and `now` are the hub's clock, in milliseconds since 1970. */
export type Work =
  | { readonly type: "append"; readonly batch: readonly Append[]; readonly time: number }
  | { readonly type: "delete"; readonly topic: string }
  | { readonly type: "bar"; readonly barred: Barred; readonly now: number }
  | { readonly type: "check" }
  | { readonly type: "read"; readonly request: ReadRequest }
  | { readonly type: "latest"; readonly request: LatestRequest }
  | { readonly type: "offsetBefore"; readonly time: number }
  | { readonly type: "topics"; readonly limit: number; readonly after?: string }
  | { readonly type: "trim"; readonly now: number }
  | { readonly type: "close" };

/** Work under a number that its answer bears. */
export type Request = Work & { readonly id: number };

/** Answers come in the order in which things became true; a message holds all of one turn. */
export type Answer =
  | { readonly type: "opened"; readonly opened: Opened }
  | { readonly type: "refused"; readonly error: ErrorData }
  /** A batch is committed. `repeated` holds the indexes of known keys. */
  | { readonly type: "appended"; readonly id: number; readonly offsets: Offset[]; readonly repeated: number[] }
  | { readonly type: "entry"; readonly entry: TailEntry }
  | { readonly type: "settled"; readonly id: number; readonly value?: unknown }
  | { readonly type: "rejected"; readonly id: number; readonly error: ErrorData }
  | { readonly type: "dropped"; readonly dropped: Dropped }
  /** Something that no call waits for has failed. */
  | { readonly type: "failed"; readonly error: ErrorData };

/** An error that can go from one thread to another, which leaves its class behind. */
export interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  readonly field: string | undefined;
  readonly index: number | undefined;
  readonly retryAfter: number | undefined;
  readonly cause: unknown;
}

export function toErrorData({ code, message, field, index, retryAfter, cause }: TidingsError): ErrorData {
  // An error of a driver may hold what cannot be cloned; its text is what helps.
  const told = cause instanceof Error ? new Error(cause.message) : undefined;
  return { code, message, field, index, retryAfter, cause: told };
}

export function toError({ code, message, field, index, retryAfter, cause }: ErrorData): TidingsError {
  return new TidingsError(code, message, {
    ...(field !== undefined && { field }),
    ...(index !== undefined && { index }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(cause !== undefined && { cause }),
  });
}
