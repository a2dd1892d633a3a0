/** The BOM stays: the parser drops it, in one place for bytes and strings. */
const KEEP_BOM = { ignoreBOM: true };

/**
 * Creates a decoder for one stream of UTF-8 whose chunks may end inside a character. The texts it gives, joined, are the
 * "UTF-8 decode without BOM" of the bytes joined: malformed bytes become U+FFFD, as the standard's decoder has them.
 *
 * It keeps an unfinished character back itself, rather than with `TextDecoder`'s `stream` option, because that option makes
 * Node 20 and 24 leave V8's decoder for ICU's. V8 takes 1.5 us for 16 KB of ASCII where ICU takes 13, and makes strings of
 * one byte a character, which parse faster too. Other text is the other way round, 57 us to 28, hence one of each.
 *
 * @see https://encoding.spec.whatwg.org/#utf-8-decoder
 */
export function createUtf8Decoder(): (chunk: Uint8Array) => string {
  const forAscii = new TextDecoder("utf-8", KEEP_BOM);
  const forOther = new TextDecoder("utf-8", KEEP_BOM);
  let ascii = true;
  let held: Uint8Array | undefined;

  return (chunk) => {
    const bytes = held === undefined ? chunk : concat(held, chunk);
    const end = bytes.length - unfinishedLength(bytes);
    // Copied, since the caller may use the chunk's memory again; not by `slice`, which for a Buffer is a view.
    held = end === bytes.length ? undefined : new Uint8Array(bytes.subarray(end));
    const whole = bytes.subarray(0, end);
    const text = ascii ? forAscii.decode(whole) : forOther.decode(whole, { stream: true });
    // What this chunk was, the next one is likely to be.
    ascii = text.length === end;
    return text;
  };
}

/**
 * How many bytes at the end are a lead byte and what follows it, if that may need more bytes: 0 to 3.
 *
 * Whether they are valid does not matter: a cut in front of a lead byte never changes what decoding gives, and none of
 * the bytes held back is ASCII, so that no line end waits.
 */
function unfinishedLength(bytes: Uint8Array): number {
  for (let back = 1; back <= 3; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    // From 0xc0 up a character has more than one byte, from 0xe0 up more than two, from 0xf0 up more than three.
    if (byte >= 0x100 - (0x80 >> back)) return back;
    if (byte < 0x80) break;
  }
  return 0;
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
