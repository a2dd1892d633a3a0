import { encodeEvent } from "@tidings/wire";
import type { Publication } from "../ports/store.ts";
import type { DisconnectReason, Gap } from "./types.ts";

/**
 * The blocks a hub writes, each as bytes ready for any number of sockets.
 *
 * `Buffer` rather than `TextEncoder`: it encodes short strings faster, and a socket takes it without wrapping it anew for
 * each of a thousand readers.
 */
export function toBytes(text: string): Uint8Array {
  return Buffer.from(text, "utf8");
}

/** Room for the blocks of some hundred small publications. */
const SLAB = 64 * 1024;

/**
 * Encodes blocks that are kept, as `toBytes` does those that are not. The pool of `Buffer` is everybody's: one small block
 * out of it keeps 8 KB, and a quiet hub with some other traffic has one such piece for each of its newest publications.
 * Here blocks share memory only with those that come and go before and after them.
 */
export function createKeptBytes(): (text: string) => Uint8Array {
  let slab: Buffer | undefined;
  let used = 0;
  return (text) => {
    const most = text.length * 3;
    // A large one has memory of its own anyway.
    if (most > SLAB / 4) return toBytes(text);
    if (slab === undefined || used + most > SLAB) {
      slab = Buffer.allocUnsafeSlow(SLAB);
      used = 0;
    }
    const start = used;
    used += slab.write(text, start, "utf8");
    return slab.subarray(start, used);
  };
}

/** Several blocks as one, so that each socket gets one write. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}

/** A publication: its event, and `tidings:end` with the same id if the topic ends with it. */
export function publicationBlock(id: string, publication: Publication, encode = toBytes): Uint8Array {
  const { topic, event, data, end } = publication;
  let text = "";
  if (data !== undefined) text = encodeEvent(event === undefined ? { id, topic, data } : { id, event, topic, data });
  if (end) text += encodeEvent({ id, event: "tidings:end", topic, data: JSON.stringify({ topic }) });
  return encode(text);
}

/** An event to one connection alone: no id, no topic, no place in history. */
export function greetingBlock(event: string | undefined, data: string): Uint8Array {
  return toBytes(encodeEvent(event === undefined ? { data } : { event, data }));
}

/** `tidings:open`, first on every stream. Without `id`, a cut right after it leaves the reader's old position alone. */
export function openBlock(
  retry: number,
  id: string | undefined,
  data: { connection: string; heartbeat: number; topics: readonly string[] },
): Uint8Array {
  const fields = { event: "tidings:open", retry, data: JSON.stringify(data) };
  return toBytes(encodeEvent(id === undefined ? fields : { id, ...fields }));
}

/** `tidings:gap`: the reader has missed something and must refetch; it goes on at `resumesAt`. */
export function gapBlock(gap: Gap): Uint8Array {
  const { reason, after, resumesAt } = gap;
  return toBytes(
    encodeEvent({ id: resumesAt, event: "tidings:gap", data: JSON.stringify({ reason, after, resumesAt }) }),
  );
}

/** `tidings:live`: history is through. */
export function liveBlock(id: string): Uint8Array {
  return toBytes(encodeEvent({ id, event: "tidings:live", data: "{}" }));
}

/** `tidings:bye`: the server closes. With `retry`, the reader comes back after a time of its own. */
export function byeBlock(reason: DisconnectReason, reconnect: boolean, retry: number | undefined): Uint8Array {
  const fields = { event: "tidings:bye", data: JSON.stringify({ reason, reconnect }) };
  return toBytes(encodeEvent(retry === undefined ? fields : { ...fields, retry }));
}

/**
 * A heartbeat. Only an id, so that the standard dispatches nothing and moves the last event id; or, for those who
 * cannot see that, an event.
 */
export function heartbeatBlock(id: string, visible: boolean): Uint8Array {
  return toBytes(encodeEvent(visible ? { id, event: "tidings:heartbeat", data: "{}" } : { id }));
}

/** All that a plain `EventSource` is told by a hub that has no room: come back later. */
export function retryBlock(retry: number): string {
  return encodeEvent({ retry });
}
