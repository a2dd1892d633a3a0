import { BOM, COLON, LF, SPACE } from "./code-units.ts";
import { WireError } from "./wire-error.ts";

// The hot loop of every reader, hence one closure in one file: each step works on the same few variables, and the steps
// are small, so that V8 inlines them into the loop. Measured in benchmarks/parse. Pages pay for each byte of it.

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
  // The buffers of the standard. That of the last event id is not reset when a block ends, hence `hasId`. `data` is without
  // the LF that the standard puts after each line and takes away from the last, hence `hasData`: "data:" is an event, though
  // its data is empty.
  let id = lastEventId;
  let hasId = false;
  let eventType = "";
  let topic: string | undefined;
  let data = "";
  let hasData = false;

  // "da" "ta: x": the start of a line whose end has not come. A chain of `+` stays linear over any number of chunks,
  // as engines join it only when the line is read.
  let unfinished = "";
  // The one code unit that means nothing if it comes next. "The UTF-8 decode algorithm strips one leading UTF-8 Byte Order
  // Mark (BOM), if any." And LF after a chunk that ended with CR, because that line is complete and its event need not wait
  // for another chunk.
  let skip = BOM;

  /** Reads the line of `text` from `start` up to `end`, which is not empty. */
  function readLine(text: string, start: number, end: number): void {
    // Also of a line that came whole, and of a comment: whether a stream fits does not depend on how it was cut.
    assertFits(end - start);
    let value: string | undefined;
    switch (text.charCodeAt(start)) {
      case 0x64: // d
        // "Append the field value to the data buffer, then append a single U+000A LINE FEED (LF) character to the data
        // buffer."
        value = fieldValue(text, start, end, "ata", "");
        if (value !== undefined) {
          data = hasData ? `${data}\n${value}` : value;
          hasData = true;
        }
        break;
      case 0x69: // i
        // "If the field value does not contain U+0000 NULL, then set the last event ID buffer to the field value.
        // Otherwise, ignore the field."
        value = fieldValue(text, start, end, "d", "");
        if (value !== undefined && !value.includes("\0")) {
          id = value;
          hasId = true;
        }
        break;
      case 0x65: // e
        // "Set the event type buffer to the field value."
        eventType = fieldValue(text, start, end, "ven", "t") ?? eventType;
        break;
      case 0x74: // t [NON-SPEC]
        topic = fieldValue(text, start, end, "opi", "c") ?? topic;
        break;
      case 0x72: // r
        // "If the field value consists of only ASCII digits, then interpret the field value as an integer in base ten, and
        // set the event stream's reconnection time to that integer. Otherwise, ignore the field."
        value = fieldValue(text, start, end, "etr", "y");
        if (value && /^\d+$/.test(value)) onRetry?.(Math.min(Number(value), 2 ** 53 - 1));
        break;
      case COLON:
        // "If the line starts with a U+003A COLON character (:): Ignore the line."
        onComment?.(valueAfter(text, start, end));
      // "Otherwise: The field is ignored."
    }
  }

  /** "If the line is empty (a blank line): Dispatch the event, as defined below." */
  function dispatch(): void {
    // "If the data buffer is an empty string, set the data buffer and the event type buffer to the empty string and
    // return." "If the event type buffer has a value other than the empty string, change the type of the newly created
    // event to equal the value of the event type buffer."
    if (hasData) onEvent({ id, event: eventType || "message", topic, data });
    else if (hasId) onId?.(id);
    hasId = hasData = false;
    eventType = data = "";
    topic = undefined;
  }

  function assertFits(lineLength: number): void {
    // Not `>`: a bound that is no number must not be no bound.
    if (data.length + lineLength <= maxBufferSize) return;
    throw new WireError(
      "buffer_overflow",
      "stream",
      `An event or line is longer than maxBufferSize, ${maxBufferSize}.`,
    );
  }

  return (text) => {
    if (text === "") return;
    let position = Number(text.charCodeAt(0) === skip);
    skip = -1;
    // "Lines must be separated by either a U+000D CARRIAGE RETURN U+000A LINE FEED (CRLF) character pair, a single U+000A
    // LINE FEED (LF) character, or a single U+000D CARRIAGE RETURN (CR) character." Each is searched for again only when passed:
    // in "a\rb\rc\r" each line would otherwise look for LF through the whole chunk.
    let lf = -1;
    let cr = -1;
    while (position < text.length) {
      // A blank line is seen without a search: one search less for each event.
      if (text.charCodeAt(position) === LF && unfinished === "") {
        dispatch();
        position++;
        continue;
      }
      if (lf < position) lf = find(text, "\n", position);
      if (cr < position) cr = find(text, "\r", position);
      const end = Math.min(lf, cr);
      if (end === text.length) break;
      if (unfinished) {
        // Only the line is joined, not the rest of the chunk too.
        const line = unfinished + text.slice(position, end);
        unfinished = "";
        readLine(line, 0, line.length);
      } else if (end > position) readLine(text, position, end);
      else dispatch();
      position = end + 1;
      if (end === cr) {
        if (position === text.length) skip = LF;
        else if (position === lf) position++;
      }
    }
    unfinished += text.slice(position);
    assertFits(unfinished.length);
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
    (colon === end || text.charCodeAt(colon) === COLON)
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
  return text.slice(text.charCodeAt(start) === SPACE ? start + 1 : start, end);
}
