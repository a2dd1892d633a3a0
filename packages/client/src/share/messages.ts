import type { ParsedEvent } from "@tidings/wire";
import type { ClientError } from "../errors.ts";
import type { Snapshot, Status } from "../types.ts";

/** One thing that the shared connection brings, in its order: what came, or what became of the connection. */
export type Item = ParsedEvent | { readonly status: Status } | { readonly error: PlainError };

/** An error, as it crosses from tab to tab. */
export type PlainError = Pick<ClientError, "code" | "message" | "status" | "problem" | "retryAfter">;

/**
 * A member is there, and wants what comes after its cursor. Said to join, of what it has taken, and now and then to hear whether
 * anybody leads. A leader that does not know it lets it in, whichever of the three it was.
 */
export interface Here {
  readonly type: "here";
  readonly member: string;
  /** The same for as long as it is in, or waits to be. */
  readonly joins: number;
  readonly topics: readonly string[] | undefined;
  readonly cursor: string;
  /** So many items have been dealt with since it last said so. */
  readonly taken: number;
}

/** Who leads is there: said to all by a new leader, and to who asks. Of two, the one with the higher term leads. */
export interface Leads {
  readonly type: "leads";
  readonly term: number;
}

/** What members say to whoever leads, and a leader to all. */
export type ToGroup = Here | { readonly type: "leave"; readonly member: string } | Leads;

/** A member is in: all that comes after this id is told from now on. */
export interface Joined extends Pick<Snapshot, "live" | "lastEventId"> {
  readonly type: "joined";
  /** As it was said when it came. */
  readonly joins: number;
  /** The data of the shared connection's `tidings:open`. */
  readonly opened: string;
}

/** What a leader says to one member. */
export type Told =
  | Joined
  | { readonly type: "items"; readonly items: readonly Item[] }
  | { readonly type: "leads" }
  /** The shared connection was refused. */
  | { readonly type: "refused" };

/** The same, with the number of the leader that says it. */
export type ToMember = Told & { readonly term: number };
