/**
 * As `createUtf8Decoder` of `utf8.ts`, for browsers: their `TextDecoder` streams as fast as it does not, and pages pay for each
 * byte of code. Bundlers choose between the two by the condition `browser` of `#utf8`, in `package.json`.
 *
 * @see https://encoding.spec.whatwg.org/#utf-8-decoder
 */
export function createUtf8Decoder(): (chunk: Uint8Array) => string {
  // The BOM stays: the parser drops it, in one place for bytes and strings.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  // After ASCII nothing is unfinished, and Chromium decodes ASCII faster in one go. An empty chunk ends nothing.
  return (chunk) => decoder.decode(chunk, { stream: !((chunk.at(-1) as number) < 0x80) });
}
