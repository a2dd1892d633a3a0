import type { ParsedEvent } from "@tidings/wire";
import type { ClientErrorCode, ClientErrorDetails } from "../errors.ts";
import type { Status } from "../types.ts";

/** One thing that the shared connection brings, in its order. */
export type Item =
  | { readonly type: "event"; readonly event: ParsedEvent }
  /** The id the connection would resume from, all before it having been told. */
  | { readonly type: "id"; readonly id: string }
  | { readonly type: "comment"; readonly text: string }
  | { readonly type: "status"; readonly status: Status }
  | { readonly type: "error"; readonly error: PlainError };

/** An error, as it crosses from tab to tab. */
export interface PlainError extends Pick<ClientErrorDetails, "status" | "problem"> {
  readonly code: ClientErrorCode;
  readonly message: string;
}

/** What members say to whoever leads, and a leader to all. */
export type ToGroup =
  | {
      readonly type: "join";
      readonly member: string;
      readonly topics: readonly string[] | undefined;
      readonly cursor: string;
    }
  | { readonly type: "leave" | "ping"; readonly member: string }
  /** So many items have been dealt with. */
  | { readonly type: "taken"; readonly member: string; readonly count: number }
  /** A new leader. Of two, the one with the higher term leads. */
  | { readonly type: "leads"; readonly term: number };

/** What a leader says to one member. */
export type ToMember = { readonly term: number } & (
  | {
      readonly type: "joined";
      /** All that comes after this id is told from now on. */
      readonly at: string;
      readonly isLive: boolean;
      readonly connection: string | undefined;
      readonly heartbeat: number | undefined;
    }
  | { readonly type: "items"; readonly items: readonly Item[] }
  | { readonly type: "pong"; readonly isSeated: boolean }
  /** Not a member any more: too far behind, or the shared connection was refused. */
  | { readonly type: "behind" | "refused" }
);
