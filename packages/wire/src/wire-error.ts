/**
 * Everything that can go wrong in this package. A closed set: the codes are stable, the sentences may be reworded.
 *
 * | code | thrown by | when |
 * |---|---|---|
 * | `line_break` | the encoder | an `id`, `event` or `topic` holds CR or LF, which would forge a field |
 * | `nul` | the encoder | an `id`, `event` or `topic` holds U+0000, which makes a reader ignore the whole `id` |
 * | `ill_formed` | the encoder | an `id`, `event` or `topic` holds a lone surrogate, which has no UTF-8 form |
 * | `invalid_retry` | the encoder | `retry` is not a whole number of milliseconds from 0 to `Number.MAX_SAFE_INTEGER` |
 * | `buffer_overflow` | the parser | one event, or one unfinished line, is longer than `maxBufferSize` |
 * | `parser_stopped` | the parser | it was fed after a `feed()` that did not return, or from within its own callback |
 */
export type WireErrorCode =
  | "line_break"
  | "nul"
  | "ill_formed"
  | "invalid_retry"
  | "buffer_overflow"
  | "parser_stopped";

/** What a {@link WireError} is about: a field of the format, or the stream as a whole. */
export type WireErrorField = "id" | "event" | "topic" | "retry" | "stream";

/** An error of the text/event-stream format. `code` is for programs, `message` says what to do about it. */
export class WireError extends Error {
  override readonly name = "WireError";
  /** Stable; see {@link WireErrorCode}. */
  declare readonly code: WireErrorCode;
  /** The field at fault; `"stream"` if it is none in particular. */
  declare readonly field: WireErrorField;

  constructor(code: WireErrorCode, field: WireErrorField, message: string) {
    super(message);
    Object.assign(this, { code, field });
  }
}
