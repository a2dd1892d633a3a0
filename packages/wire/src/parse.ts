import { createUtf8Decoder } from "#utf8";
import { isData, isEvent, isId, isRetry, isTopic } from "./field-name.ts";
import { WireError } from "./wire-error.ts";

// The hot loop of every reader, hence one closure in one file: each step works on the same few variables, and the steps
// are small, so that V8 inlines them into the two loops. Measured in benchmarks/parse.

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

export interface Parser {
  /** The last event id of the blocks that have ended. */
  readonly lastEventId: string;
  /**
   * Parses the next part of the stream, cut anywhere, and calls back for all that it completes. A stream is fed bytes,
   * decoded as UTF-8, or strings, but not both in turn. The chunk's memory may be used again afterwards.
   *
   * @throws {WireError} `buffer_overflow` if more than `maxBufferSize` would be held, and whatever a callback throws. After
   * either, and when called from a callback, it throws `parser_stopped` until `reset()`: a stream with a hole in it is
   * not parsed on.
   */
  feed(chunk: string | Uint8Array): void;
  /**
   * Makes ready for the next stream: what is unfinished is dropped, as the standard demands at the end of a stream, and
   * the last event id is kept. Called from a callback, it also drops what is left of the chunk.
   */
  reset(): void;
}

const DEFAULT_MAX_BUFFER_SIZE = 16 * 1024 * 1024;

const LF = 0x0a;
const SPACE = 0x20;
const BOM = 0xfeff;
/** Equals no code unit. */
const NONE = -1;
const ASCII_DIGITS = /^[0-9]+$/;

/**
 * Creates a parser of text/event-stream that follows the algorithm of the standard to the letter. It calls back
 * synchronously, holds no more than the unfinished part of one block, and needs nothing of its platform but `TextDecoder`.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function createParser(options: ParserOptions): Parser {
  const { onEvent, onId, onRetry, onComment, maxBufferSize = DEFAULT_MAX_BUFFER_SIZE } = options;
  let decode = createUtf8Decoder();

  let lastEventId = options.lastEventId ?? "";

  // The buffers of the standard, for the block being read. `id` is `undefined` where its last event ID buffer still holds the
  // last event id. `data` is without the LF that it puts after each line and takes away from the last, hence `hasData`:
  // "data:" is an event, though its data is empty.
  let id: string | undefined;
  let eventType = "";
  let topic: string | undefined;
  let data = "";
  let hasData = false;

  // "da" "ta: x": the start of a line whose end has not come. A chain of `+` stays linear over any number of chunks,
  // as engines join it only when the line is read.
  let unfinished = "";
  // The one code unit that means nothing if it comes next: BOM at the start of the stream, and LF after a chunk that ended
  // with CR, because that line is complete and its event need not wait for another chunk.
  let skip = BOM;
  // True during a feed, and for good after one that threw.
  let feeding = false;
  // Counts resets, so that a feed sees that a callback has ended its stream.
  let stream = 0;

  function feed(chunk: string | Uint8Array): void {
    if (feeding) {
      throw new WireError("parser_stopped", "stream", "An earlier feed() threw or still runs: call reset() first.");
    }
    feeding = true;
    const current = stream;
    const text = typeof chunk === "string" ? chunk : decode(chunk);
    if (text !== "") parse(text, current);
    if (stream === current) feeding = false;
  }

  function reset(): void {
    stream++;
    feeding = false;
    skip = BOM;
    // "Once the end of the file is reached, any pending data must be discarded."
    decode = createUtf8Decoder();
    unfinished = "";
    clear();
  }

  function parse(text: string, current: number): void {
    let position = 0;
    // "The UTF-8 decode algorithm strips one leading UTF-8 Byte Order Mark (BOM), if any."
    if (skip !== NONE) {
      if (text.charCodeAt(0) === skip) position = 1;
      skip = NONE;
    }
    // "Lines must be separated by either a U+000D CARRIAGE RETURN U+000A LINE FEED (CRLF) character pair, a single U+000A
    // LINE FEED (LF) character, or a single U+000D CARRIAGE RETURN (CR) character." Nearly all servers send LF, and one scan
    // of the chunk tells. Two loops, since in one V8 moves the search for CR to where it runs on every line: 6 times slower.
    if (text.includes("\r", position)) parseLines(text, position, current);
    else parseLfLines(text, position, current);
  }

  function parseLfLines(text: string, start: number, current: number): void {
    let position = start;
    while (position < text.length) {
      // A blank line is seen without a search: one search less for each event.
      if (text.charCodeAt(position) === LF && unfinished === "") {
        dispatch();
        position++;
      } else {
        const end = text.indexOf("\n", position);
        if (end === -1) {
          hold(text, position);
          return;
        }
        readLine(text, position, end);
        position = end + 1;
      }
      if (stream !== current) return;
    }
  }

  function parseLines(text: string, start: number, current: number): void {
    let position = start;
    let lf = text.indexOf("\n", position);
    let cr = text.indexOf("\r", position);
    while (position < text.length) {
      // Searched for again only when passed: in "a\rb\rc\r" each line would otherwise look for LF through the whole chunk.
      if (lf !== -1 && lf < position) lf = text.indexOf("\n", position);
      if (cr !== -1 && cr < position) cr = text.indexOf("\r", position);
      const end = cr === -1 || (lf !== -1 && lf < cr) ? lf : cr;
      if (end === -1) {
        hold(text, position);
        return;
      }
      if (end === position && unfinished === "") dispatch();
      else readLine(text, position, end);
      if (stream !== current) return;
      position = end + 1;
      if (end !== cr) continue;
      if (position === text.length) skip = LF;
      else if (position === lf) position++;
    }
  }

  function hold(text: string, start: number): void {
    unfinished += text.slice(start);
    assertFits(unfinished.length);
  }

  /** Reads the line that ends at `end`: from `start`, or from an earlier chunk. */
  function readLine(text: string, start: number, end: number): void {
    if (unfinished === "") {
      readField(text, start, end);
    } else {
      // Only the line is joined, not the rest of the chunk too.
      const line = unfinished + text.slice(start, end);
      unfinished = "";
      readField(line, 0, line.length);
    }
  }

  /** Reads the line of `text` from `start` up to `end`, which is not empty. */
  function readField(text: string, start: number, end: number): void {
    // Also of a line that came whole, and of a comment: whether a stream fits does not depend on how it was cut.
    assertFits(end - start);
    switch (text.charCodeAt(start)) {
      case 0x64: // d
        // "Append the field value to the data buffer, then append a single U+000A LINE FEED (LF) character to the data
        // buffer."
        if (isData(text, start, end)) {
          const value = fieldValue(text, start + 4, end);
          data = hasData ? `${data}\n${value}` : value;
          hasData = true;
        }
        break;
      case 0x69: // i
        // "If the field value does not contain U+0000 NULL, then set the last event ID buffer to the field value.
        // Otherwise, ignore the field."
        if (isId(text, start, end)) {
          const value = fieldValue(text, start + 2, end);
          if (value.includes("\0")) break;
          id = value;
        }
        break;
      case 0x65: // e
        // "Set the event type buffer to the field value."
        if (isEvent(text, start, end)) eventType = fieldValue(text, start + 5, end);
        break;
      case 0x74: // t [NON-SPEC]
        if (isTopic(text, start, end)) topic = fieldValue(text, start + 5, end);
        break;
      case 0x72: // r
        // "If the field value consists of only ASCII digits, then interpret the field value as an integer in base ten, and
        // set the event stream's reconnection time to that integer. Otherwise, ignore the field."
        if (onRetry !== undefined && isRetry(text, start, end)) {
          const value = fieldValue(text, start + 5, end);
          if (ASCII_DIGITS.test(value)) onRetry(Math.min(Number(value), Number.MAX_SAFE_INTEGER));
        }
        break;
      case 0x3a: // :
        // "If the line starts with a U+003A COLON character (:): Ignore the line."
        onComment?.(fieldValue(text, start, end));
        break;
      // "Otherwise: The field is ignored."
    }
  }

  /** "If the line is empty (a blank line): Dispatch the event, as defined below." */
  function dispatch(): void {
    // "Set the last event ID string of the event source to the value of the last event ID buffer. The buffer does not get
    // reset, so the last event ID string of the event source remains set to this value until the next time it is set by the
    // server."
    const moved = id !== undefined;
    lastEventId = id ?? lastEventId;
    // Cleared before the callback, which may reset or throw.
    if (hasData) {
      // "If the event type buffer has a value other than the empty string, change the type of the newly created event to
      // equal the value of the event type buffer."
      const event = { id: lastEventId, event: eventType || "message", topic, data };
      clear();
      onEvent(event);
    } else {
      // "If the data buffer is an empty string, set the data buffer and the event type buffer to the empty string and
      // return."
      clear();
      if (moved) onId?.(lastEventId);
    }
  }

  function clear(): void {
    id = undefined;
    eventType = "";
    topic = undefined;
    data = "";
    hasData = false;
  }

  function assertFits(lineLength: number): void {
    // Not `>`: a bound that is no number must not be no bound.
    if (data.length + lineLength <= maxBufferSize) return;
    throw new WireError(
      "buffer_overflow",
      "stream",
      `An event or line is longer than ${maxBufferSize} code units: send less at once, or raise maxBufferSize.`,
    );
  }

  return {
    feed,
    reset,
    get lastEventId(): string {
      return lastEventId;
    },
  };
}

/**
 * "Collect the characters on the line after the first U+003A COLON character (:), and let value be that string. If value
 * starts with a U+0020 SPACE character, remove it from value." Of a line that ends where the colon would be: empty.
 */
function fieldValue(text: string, colon: number, end: number): string {
  const start = colon + 1;
  return text.slice(text.charCodeAt(start) === SPACE ? start + 1 : start, end);
}
