import type { CompressionPolicy, ConnectRequest } from "./types.ts";

/** What a gzip stream starts with (RFC 1952, section 2.3): no name, no time, no system. The trailer is never sent. */
export const GZIP_HEAD: Uint8Array = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);

/** Bytes that one stored block can hold (RFC 1951, section 3.2.4), and those it takes. */
const MOST_STORED = 0xff_ff;
const STORED_HEAD = 5;

/**
 * Bytes as they are, as blocks of DEFLATE: five bytes more for each 64 KiB, and no work but a copy. Then an empty block, as
 * zlib ends a flush with: Go's reader, and with it Caddy, which unpacks for those who asked for no gzip, holds a stored
 * block back until one comes.
 */
export function storedBlocks(bytes: Uint8Array): Uint8Array {
  const blocks = new Uint8Array(bytes.length + STORED_HEAD * (Math.ceil(bytes.length / MOST_STORED) + 1));
  const view = new DataView(blocks.buffer);
  let at = 0;
  for (let start = 0; start < bytes.length; start += MOST_STORED) {
    const part = bytes.subarray(start, start + MOST_STORED);
    // Not the final block, stored; then the length and its complement.
    view.setUint16(at + 1, part.length, true);
    view.setUint16(at + 3, ~part.length, true);
    blocks.set(part, at + STORED_HEAD);
    at += STORED_HEAD + part.length;
  }
  view.setUint16(at + 3, MOST_STORED, true);
  return blocks;
}

/** Whether a stream is gzip: it may be, and its reader asked for it. */
export function takesGzip(policy: CompressionPolicy, request: ConnectRequest): boolean {
  return mayCompress(policy, request) && acceptsGzip(request.acceptEncoding);
}

/** Whether it depends on the reader's `Accept-Encoding` if a stream is gzip. */
export function mayCompress(policy: CompressionPolicy, { authorize }: ConnectRequest): boolean {
  return policy === "all" || (policy === "public" && authorize === undefined);
}

/** Whether an `Accept-Encoding` allows gzip (RFC 9110, section 12.5.3). Without the header nothing was asked for. */
function acceptsGzip(header = ""): boolean {
  const qualities = new Map<string, number>();
  for (const range of header.toLowerCase().split(",")) {
    const [coding = "", ...parameters] = range.split(";").map((part) => part.trim());
    const quality = parameters.find((each) => each.startsWith("q="));
    qualities.set(coding, quality === undefined ? 1 : Number(quality.slice(2)));
  }
  return (qualities.get("gzip") ?? qualities.get("x-gzip") ?? qualities.get("*") ?? 0) > 0;
}
