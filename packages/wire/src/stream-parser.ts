import { WireError } from "./wire-error.ts";

// The hot loop of every reader, hence one function that keeps the block it is in in its own variables, and steps so small that V8
// inlines them (docs/decisions/065). Measured in benchmarks/parse. Pages pay for each byte of it.

/** One event, as the standard dispatches it. */
export interface ParsedEvent {
  /** The last event id: of this event, or else the one remembered from before it. Empty if there never was one. */
  id: string;
  /** The event's name; `"message"` if the stream gives none. */
  event: string;
  /** [NON-SPEC] The value of the block's `topic` field, if it has one. */
  topic: string | undefined;
  /** The lines of data, joined with LF. */
  data: string;
}

export interface ParserOptions {
  /** Gets every event, in order. */
  onEvent: (event: ParsedEvent) => void;
  /**
   * Gets the new last event id when a block ends that has an `id` and no `data`, so that no event tells it. This is how a
   * heartbeat keeps a cursor fresh.
   */
  onId?: ((id: string) => void) | undefined;
  /** Gets the reconnection time, in milliseconds: a whole number, 0 to `Number.MAX_SAFE_INTEGER`. */
  onRetry?: ((milliseconds: number) => void) | undefined;
  /** Gets each comment line without its colon, and without the one space that may follow it. */
  onComment?: ((text: string) => void) | undefined;
  /**
   * The last event id to start from, as it was sent to resume the stream. Default: empty. By the letter of the standard
   * each stream starts empty, so that one cut before its first id would lose the cursor; Chromium starts from it too.
   */
  lastEventId?: string | undefined;
  /**
   * How long one event may be: its data so far and the line being read, in UTF-16 code units. Default: 16 Mi (16,777,216),
   * sixteen times the largest event a Tidings hub accepts by default, and room for a photo in base64. `Infinity` takes
   * the bound away. (Memory may be more for a while: a text received in many small pieces is joined only when read.)
   */
  maxBufferSize?: number | undefined;
}

/**
 * The buffers of the standard. That of the last event id is not reset when a block ends, hence `hasId`. `data` is without the
 * LF that the standard puts after each line and takes away from the last, and `undefined` before the first: "data:" is an
 * event, though its data is empty.
 */
interface Buffers {
  id: string;
  hasId: boolean;
  event: string;
  topic: string | undefined;
  data: string | undefined;
}

/**
 * Creates a parser of one stream, from its first byte to its end, that follows the algorithm of the standard to the letter:
 * what `createParser` is made of. The function it returns takes the next part of the stream, decoded by
 * `createUtf8Decoder`, and calls back for all that it completes before it returns.
 *
 * The function throws a {@link WireError} `buffer_overflow` if more than `maxBufferSize` would be held, and whatever a
 * callback throws. After either it must not be called again, and never from a callback: it does not look.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function createStreamParser({
  onEvent,
  onId,
  onRetry,
  onComment,
  lastEventId = "",
  maxBufferSize = 2 ** 24,
}: ParserOptions): (text: string) => void {
  // As the last chunk left them.
  let buffers: Buffers = { id: lastEventId, hasId: false, event: "message", topic: undefined, data: undefined };
  /** The length of their data: looked at for each chunk, which may be one character. */
  let held = 0;

  // "da" "ta: x": the start of a line whose end has not come. A chain of `+` stays linear over any number of chunks,
  // as engines join it only when the line is read.
  let unfinished = "";
  // The one code unit that means nothing if it comes next. "The UTF-8 decode algorithm strips one leading UTF-8 Byte Order
  // Mark (BOM), if any." And LF after a chunk that ended with CR, because that line is complete and its event need not wait
  // for another chunk.
  let skip = 0xfeff;

  function assertFits(length: number): void {
    // Not `>`: a bound that is no number must not be no bound.
    if (length <= maxBufferSize) return;
    throw new WireError(
      "buffer_overflow",
      "stream",
      `An event or line is longer than maxBufferSize, ${maxBufferSize}.`,
    );
  }

  return (text) => {
    if (text === "") return;
    let position = 0;
    if (skip > 0) {
      position = Number(text.charCodeAt(0) === skip);
      skip = 0;
    }
    // "Lines must be separated by either a U+000D CARRIAGE RETURN U+000A LINE FEED (CRLF) character pair, a single U+000A
    // LINE FEED (LF) character, or a single U+000D CARRIAGE RETURN (CR) character." Each is searched for again only when passed:
    // in "a\rb\rc\r" each line would otherwise look for LF through the whole chunk.
    let lf = find(text, "\n", position);
    let cr = find(text, "\r", position);
    // Both are at its end, if there is none.
    if (lf !== cr) {
      // In registers until the chunk is read.
      let { id, hasId, event, topic, data } = buffers;
      while (position < text.length) {
        // A blank line is seen without a search: one search less for each event.
        if (text.charCodeAt(position) === 0x0a && !unfinished) position++;
        else {
          if (lf < position) lf = find(text, "\n", position);
          const end = Math.min(lf, cr);
          if (end === text.length) break;
          let line = text;
          let start = position;
          let stop = end;
          if (unfinished) {
            // Only the line is joined, not the rest of the chunk too.
            line = unfinished + text.slice(position, end);
            start = 0;
            stop = line.length;
            unfinished = "";
          }
          position = end + 1;
          if (end === cr) {
            if (position === text.length) skip = 0x0a;
            else if (position === lf) position++;
            cr = find(text, "\r", position);
          }
          if (start < stop) {
            // Also of a line that came whole, and of a comment: whether a stream fits does not depend on how it was cut.
            assertFits((data === undefined ? 0 : data.length) + stop - start);
            let value: string | undefined;
            switch (line.charCodeAt(start)) {
              case 0x64: // d
                // "Append the field value to the data buffer, then append a single U+000A LINE FEED (LF) character to the data
                // buffer."
                value = fieldValue(line, start, stop, "ata", "");
                // biome-ignore lint/style/useTemplate: 15 % fewer lines of data are read with one.
                if (value !== undefined) data = data === undefined ? value : data + "\n" + value;
                break;
              case 0x69: // i
                // "If the field value does not contain U+0000 NULL, then set the last event ID buffer to the field value.
                // Otherwise, ignore the field."
                value = fieldValue(line, start, stop, "d", "");
                if (value !== undefined && !value.includes("\0")) {
                  id = value;
                  hasId = true;
                }
                break;
              case 0x65: // e
                // "Set the event type buffer to the field value."
                event = (fieldValue(line, start, stop, "ven", "t") ?? event) || "message";
                break;
              case 0x74: // t [NON-SPEC]
                topic = fieldValue(line, start, stop, "opi", "c") ?? topic;
                break;
              case 0x72: // r
                // "If the field value consists of only ASCII digits, then interpret the field value as an integer in base ten,
                // and set the event stream's reconnection time to that integer. Otherwise, ignore the field."
                value = fieldValue(line, start, stop, "etr", "y");
                if (value && /^\d+$/.test(value)) onRetry?.(Math.min(Number(value), 2 ** 53 - 1));
                break;
              case 0x3a: // :
                // "If the line starts with a U+003A COLON character (:): Ignore the line."
                onComment?.(valueAfter(line, start, stop));
              // "Otherwise: The field is ignored."
            }
            continue;
          }
        }
        // "If the line is empty (a blank line): Dispatch the event, as defined below." "If the data buffer is an empty string,
        // set the data buffer and the event type buffer to the empty string and return."
        if (data !== undefined) onEvent({ id, event, topic, data });
        else if (hasId) onId?.(id);
        hasId = false;
        event = "message";
        topic = data = undefined;
      }
      buffers = { id, hasId, event, topic, data };
      held = (data ?? "").length;
    }
    unfinished += position ? text.slice(position) : text;
    assertFits(held + unfinished.length);
  };
}

/** Where it is, or else the end of the text. */
function find(text: string, lineEnd: string, position: number): number {
  const found = text.indexOf(lineEnd, position);
  return found < 0 ? text.length : found;
}

/**
 * The value of the line of `text` from `start` up to `end`, if its field has this name. "Field names must be compared
 * literally, with no case folding performed."
 *
 * The caller has looked at the first code unit, and gives the next three, and what is left: V8 compares up to three in place,
 * and calls a function for more, which parses 6 % fewer of a hub's blocks.
 */
function fieldValue(text: string, start: number, end: number, next: string, rest: string): string | undefined {
  const colon = start + 1 + next.length + rest.length;
  // What is looked at before the last of these cannot be past `end`: what stands there, if anything, is a line break.
  if (
    text.startsWith(next, start + 1) &&
    text.startsWith(rest, start + 4) &&
    (colon === end || text.charCodeAt(colon) === 0x3a)
  ) {
    return valueAfter(text, colon, end);
  }
}

/**
 * "Collect the characters on the line after the first U+003A COLON character (:), and let value be that string. If value
 * starts with a U+0020 SPACE character, remove it from value." Of a line that ends where the colon would be: empty.
 */
function valueAfter(text: string, colon: number, end: number): string {
  const start = colon + 1;
  return text.slice(text.charCodeAt(start) === 0x20 ? start + 1 : start, end);
}
