/** The BOM stays: the parser drops it, in one place for bytes and strings. */
const KEEP_BOM = { ignoreBOM: true };

const STREAM = { stream: true };

/**
 * Creates a decoder for one stream of UTF-8 whose chunks may end inside a character. The texts it gives, joined, are the
 * "UTF-8 decode without BOM" of the bytes joined: malformed bytes become U+FFFD, as the standard's decoder has them.
 *
 * The `stream` option of `TextDecoder` makes Node 20 and 24 leave V8's decoder for ICU's. V8 takes 1.5 us for 16 KB of ASCII
 * where ICU takes 13, and makes strings of one byte a character, which parse faster too. Other text is the other way round,
 * 57 us to 28, hence one of each: V8's while all is ASCII, and from the first character that is not, ICU's, which keeps what
 * is unfinished.
 *
 * @see https://encoding.spec.whatwg.org/#utf-8-decoder
 */
export function createUtf8Decoder(): (chunk: Uint8Array) => string {
  const forAscii = new TextDecoder("utf-8", KEEP_BOM);
  const forOther = new TextDecoder("utf-8", KEEP_BOM);
  let ascii = true;

  return (chunk) => {
    if (!ascii) {
      const text = forOther.decode(chunk, STREAM);
      // What this chunk was, the next one is likely to be. After a character that is ASCII nothing is unfinished.
      ascii = text.length === chunk.length && (chunk.at(-1) as number) < 0x80;
      return text;
    }
    const end = chunk.length - unfinishedLength(chunk);
    const text = forAscii.decode(chunk.subarray(0, end));
    ascii = text.length === chunk.length;
    return end === chunk.length ? text : text + forOther.decode(chunk.subarray(end), STREAM);
  };
}

/**
 * How many bytes at the end are a lead byte and what follows it, if that may need more bytes: 0 to 3.
 *
 * Whether they are valid does not matter: a cut in front of a lead byte never changes what decoding gives.
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
