/**
 * Compresses bytes so that a reader can begin with them: blocks of DEFLATE (RFC 1951) that refer to nothing before them,
 * none of them the final one, ending in a full flush and so at a whole byte. Synchronous, so that what is written next
 * cannot overtake it.
 */
export type Deflate = (bytes: Uint8Array) => Uint8Array;
