import { annotateLine, type Block, NO_BLOCK } from "./raw-notes.ts";

/** One line of a stream, as it came. */
export interface RawLine {
  /** Counted from 0. */
  readonly key: number;
  /** Milliseconds since the request. */
  readonly at: number;
  /** In which piece of the network it ended. */
  readonly chunk: number;
  /** What it is, by its field; `blank` ends a block. */
  readonly kind: "comment" | "blank" | "id" | "event" | "topic" | "data" | "retry" | "unknown";
  /** Its characters, those that one cannot see included as they are; the first {@link SHOWN} bytes. */
  readonly text: string;
  /** Bytes not shown. */
  readonly omitted: number;
  readonly ending: "\n" | "\r\n" | "\r" | "";
  /** What it means. */
  readonly note: string;
}

/** Takes a stream apart, byte for byte. */
export interface RawStream {
  /** The lines that ended with these bytes. */
  feed(bytes: Uint8Array, at: number): RawLine[];
  /** What is left of a line that never ended. */
  end(at: number): RawLine[];
}

/** Bytes of a line that are kept: data may be a megabyte. */
const SHOWN = 4_096;

const LF = 10;
const CR = 13;

/** Lines end with LF, CR or CRLF (HTML, "parsing an event stream"). */
export function createRawStream(): RawStream {
  const kept = new Uint8Array(SHOWN);
  let length = 0;
  let afterCr = false;
  let count = 0;
  let chunk = 0;
  let block: Block = NO_BLOCK;

  function take(byte: number): void {
    if (length < SHOWN) kept[length] = byte;
    length++;
  }

  function toLine(ending: RawLine["ending"], at: number): RawLine {
    const text = toText(kept.subarray(0, Math.min(length, SHOWN)));
    const annotated = annotateLine(text, length, block, count === 0);
    block = annotated.block;
    const line = { key: count++, at, chunk, text, omitted: Math.max(0, length - SHOWN), ending };
    length = 0;
    return { ...line, kind: annotated.kind, note: annotated.note };
  }

  return {
    feed(bytes, at) {
      const lines: RawLine[] = [];
      chunk++;
      for (const byte of bytes) {
        if (afterCr) {
          afterCr = false;
          lines.push(toLine(byte === LF ? "\r\n" : "\r", at));
          if (byte === LF) continue;
        }
        if (byte === LF) lines.push(toLine("\n", at));
        else if (byte === CR) afterCr = true;
        else take(byte);
      }
      return lines;
    },
    end(at) {
      if (afterCr) return [toLine("\r", at)];
      return length === 0 ? [] : [toLine("", at)];
    },
  };
}

/** UTF-8, or, for what is none, each byte beyond ASCII as `\xff`. */
function toText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Array.from(bytes, (byte) =>
      byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`,
    ).join("");
  }
}
