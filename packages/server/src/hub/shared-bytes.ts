import type { Deflate } from "../ports/deflate.ts";
import { storedBlocks } from "./gzip.ts";

/**
 * Bytes from which on compression pays, by measurement (docs/decisions/037-compressed-once.md): less saves no packet,
 * and a single small event, which has nothing to repeat, hardly a byte.
 */
const WORTH_COMPRESSING = 512;

/**
 * Bytes of a stream that several connections are written, as text and, for those whose stream is gzip, as blocks of
 * DEFLATE: compressed once, when the second of them wants them, and the same bytes to all.
 */
export class SharedBytes {
  /** The text. */
  readonly plain: Uint8Array;
  readonly #deflate: Deflate;
  #blocks: Uint8Array | undefined;
  #isAsked: boolean;

  /** @param isShared it is known that several will want the blocks; else the first gets stored ones, which cost nothing */
  constructor(plain: Uint8Array, deflate: Deflate, isShared: boolean) {
    this.plain = plain;
    this.#deflate = deflate;
    this.#isAsked = isShared;
  }

  /** The text as blocks of DEFLATE. */
  get blocks(): Uint8Array {
    if (this.#blocks !== undefined) return this.#blocks;
    const isAsked = this.#isAsked;
    this.#isAsked = true;
    if (!isAsked) return storedBlocks(this.plain);
    this.#blocks = this.#compress();
    return this.#blocks;
  }

  #compress(): Uint8Array {
    if (this.plain.length < WORTH_COMPRESSING) return storedBlocks(this.plain);
    const deflated = this.#deflate(this.plain);
    // What is random, or compressed already, only grows.
    return deflated.length < this.plain.length ? deflated : storedBlocks(this.plain);
  }
}
