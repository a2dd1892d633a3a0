import { parseData } from "../decode-data.ts";
import type { StreamEvent } from "../types.ts";

/**
 * An event whose data is text until somebody wants it: of the thousands that come in a frame a list shows the last, and to parse
 * JSON is the most that an event costs.
 */
export interface Unread extends StreamEvent {
  /** The event as users get it, the same to all of them. */
  read?: StreamEvent;
}

/** The event, with its data parsed: once, whoever asks. */
export function readEvent(unread: Unread): StreamEvent {
  unread.read ??= { ...unread, data: parseData(unread.data as string) };
  return unread.read;
}
