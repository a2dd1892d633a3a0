import type { ClientError, Status } from "@tidings/client";

/** Where a stream is in its life, in the words of this page. */
export type StreamState =
  | { readonly phase: "connecting" | "catching-up" | "live" | "ended" }
  /** Cut; tried again by itself. */
  | { readonly phase: "waiting" | "offline" }
  /** The hub will not have it; trying again by itself would not help. */
  | { readonly phase: "refused"; readonly detail: string };

/** The state that a stream of `@tidings/react` is in. */
export function toStreamState(status: Status, live: boolean, error: ClientError | undefined): StreamState {
  if (status === "open") return { phase: live ? "live" : "catching-up" };
  if (status !== "closed") return { phase: status };
  return error === undefined
    ? { phase: "ended" }
    : { phase: "refused", detail: error.problem?.detail ?? error.message };
}
