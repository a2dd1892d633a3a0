import { createUtf8Decoder } from "#utf8";
import { createStreamParser, type ParserOptions } from "./stream-parser.ts";
import { WireError } from "./wire-error.ts";

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

/** Leaves the parse of a stream that a callback has ended. */
const ENDED = Symbol();

/**
 * Creates a parser of text/event-stream that follows the algorithm of the standard to the letter. It calls back
 * synchronously, holds no more than the unfinished part of one block, and needs nothing of its platform but `TextDecoder`.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function createParser(options: ParserOptions): Parser {
  const { onEvent, onId, onRetry, onComment, maxBufferSize } = options;
  let lastEventId = options.lastEventId ?? "";
  // True during a feed, and for good after one that threw.
  let feeding = false;
  let decode = createUtf8Decoder();
  let parse = begin();

  function begin(): (text: string) => void {
    const own = createStreamParser({
      onEvent(event) {
        lastEventId = event.id;
        onEvent(event);
        goOn();
      },
      onId(id) {
        lastEventId = id;
        onId?.(id);
        goOn();
      },
      onRetry(milliseconds) {
        onRetry?.(milliseconds);
        goOn();
      },
      onComment(text) {
        onComment?.(text);
        goOn();
      },
      lastEventId,
      maxBufferSize,
    });
    function goOn(): void {
      if (parse !== own) throw ENDED;
    }
    return own;
  }

  function feed(chunk: string | Uint8Array): void {
    if (feeding) {
      throw new WireError("parser_stopped", "stream", "An earlier feed() threw or still runs: call reset() first.");
    }
    feeding = true;
    try {
      parse(typeof chunk === "string" ? chunk : decode(chunk));
    } catch (error) {
      if (error === ENDED) return;
      throw error;
    }
    feeding = false;
  }

  function reset(): void {
    feeding = false;
    decode = createUtf8Decoder();
    parse = begin();
  }

  return {
    feed,
    reset,
    get lastEventId(): string {
      return lastEventId;
    },
  };
}
