import type { ClientError } from "@tidings/client";
import { usePage } from "./use-page.ts";

/** What all streams of this page have in common, for the hooks of `@tidings/react`. */
export interface StreamDefaults {
  readonly headers: () => Record<string, string>;
  readonly onError: (error: ClientError) => void;
  /** HTTP/1.1 gives a browser six connections in all: tabs that nobody sees leave theirs to others. */
  readonly hidden: "pause";
}

/** The token goes along as a header, and a hub that refuses it leads to the sign-in. */
export function useStreamOptions(): StreamDefaults {
  const { entrance } = usePage();
  return {
    headers: entrance.headers,
    hidden: "pause",
    onError({ status, problem, message }) {
      if (status === 401) entrance.refuse(problem?.detail ?? message);
    },
  };
}
