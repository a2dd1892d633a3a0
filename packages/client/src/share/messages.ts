import type { ParsedEvent } from "@tidings/wire";
import type { ClientError } from "../errors.ts";
import type { Status } from "../types.ts";

/** One thing that the shared connection brings, in its order: what came, or what became of the connection. */
export type Item = ParsedEvent | { readonly status: Status } | { readonly error: PlainError };

/** An error, as it crosses from tab to tab. */
export type PlainError = Pick<ClientError, "code" | "message" | "status" | "problem" | "retryAfter">;

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
export type Told =
  | {
      readonly type: "joined";
      /** All that comes after this id is told from now on. */
      readonly at: string;
      readonly isLive: boolean;
      /** The data of the shared connection's `tidings:open`. */
      readonly opened: string;
    }
  | { readonly type: "items"; readonly items: readonly Item[] }
  | { readonly type: "pong"; readonly isSeated: boolean }
  /** Not a member any more: too far behind, or the shared connection was refused. */
  | { readonly type: "behind" | "refused" };

/** The same, with the number of the leader that says it. */
export type ToMember = Told & { readonly term: number };
