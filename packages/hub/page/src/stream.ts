import { connect, type GapEvent, type StreamEvent } from "@tidings/client";

/** Where a stream is in its life. */
export type StreamState =
  | { readonly phase: "connecting" | "catching-up" | "live" | "ended" }
  /** Cut; tried again by itself. */
  | { readonly phase: "waiting" | "offline" }
  /** The hub will not have it; trying again by itself would not help. */
  | { readonly phase: "refused"; readonly detail: string };

/** Options of {@link openStream}. */
export interface StreamOptions {
  /** `/events` with its query. */
  readonly url: string;
  /** Gets every event, in order, each once. Data is the string it came as. */
  readonly onEvent: (event: StreamEvent<string>) => void;
  readonly onGap: (gap: GapEvent) => void;
  readonly onEnd: (topic: string) => void;
  readonly onState: (state: StreamState) => void;
}

/** An open stream. */
export interface Stream {
  /** The id it would resume after. Empty at first. */
  readonly cursor: string;
  /** Ends a wait. */
  retry(): void;
  close(): void;
}

/** Reads `/events` until closed, ended or refused, and tells it in the page's words. */
export function openStream({ url, onEvent, onGap, onEnd, onState }: StreamOptions): Stream {
  const stream = connect<string>(url, { raw: true });
  let farewell: StreamState = { phase: "ended" };
  let isClosed = false;
  stream.on("event", onEvent);
  stream.on("gap", onGap);
  stream.on("end", ({ topic }) => onEnd(topic));
  stream.on("open", () => onState({ phase: "catching-up" }));
  stream.on("live", () => onState({ phase: "live" }));
  stream.on("bye", ({ reason, reconnect }) => {
    if (!reconnect) farewell = { phase: "refused", detail: `The hub closed this connection (${reason}).` };
  });
  stream.on("status", (status) => {
    if (isClosed || status === "open") return;
    if (status !== "closed") onState({ phase: status });
    else onState(stream.error === undefined ? farewell : { phase: "refused", detail: stream.error.message });
  });
  return {
    get cursor() {
      return stream.lastEventId;
    },
    retry: stream.restart,
    close() {
      isClosed = true;
      stream.close();
    },
  };
}
