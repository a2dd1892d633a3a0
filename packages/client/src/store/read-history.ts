import { connect } from "../connect.ts";
import type { ConnectOptions, EventStream, GapEvent, StreamEvent } from "../types.ts";
import type { Start } from "./member.ts";

/** What becomes of what is read. */
export interface HistoryReader {
  onEvent(event: StreamEvent): void;
  onGap(gap: GapEvent): void;
  /** All that there was has come. May be called again after a `restart()`, or when the stream closes. */
  onDone(): void;
}

/**
 * Reads from a start up to where it is live, over a connection of its own, for the caller to close.
 *
 * A stream and not pages of history: any endpoint of a hub has it, embedded ones too, with the same rights, headers and
 * gaps as the stream that is joined.
 */
export function readHistory(
  url: string,
  { share: _share, persist: _persist, hidden: _hidden, ...options }: ConnectOptions,
  start: Start,
  { onEvent, onGap, onDone }: HistoryReader,
): EventStream {
  const stream = connect(url, { ...options, ...toOptions(start) });
  stream.on("event", onEvent);
  stream.on("gap", onGap);
  stream.on("live", onDone);
  stream.closed.then(onDone, onDone);
  return stream;
}

/** A start as options of `connect`. */
export function toOptions({ lastEventId, last }: Start): Pick<ConnectOptions, "lastEventId" | "last"> {
  return { ...(lastEventId && { lastEventId }), ...(last !== undefined && { last }) };
}
