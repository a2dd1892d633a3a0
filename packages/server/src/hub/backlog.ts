/** Of the bytes that are still free, as many as one socket may take: a sixteenth. */
const PARTS = 16;

/**
 * The bytes that all sockets hold together, and how many one of them may hold in view of that.
 *
 * Nobody is asked for its bytes for this: a connection tells when it has looked at its socket anyway, before each write. As
 * little is left, what a socket may hold gets less with it, so that those that hold most fall behind first, those that
 * hold nothing never do, and each new one finds a share of what is left (Choudhury and Hahne, "Dynamic queue length
 * thresholds for shared-memory packet switches", IEEE/ACM Transactions on Networking 6(2), 1998).
 *
 * It promises that `total` exceeds its bound by no more than what one flush gives to those connections that hold nothing,
 * plus one page.
 */
export class Backlog {
  /** Bytes that sockets hold, as last looked at. */
  total = 0;
  /** Bytes that a socket may hold before its connection is a slow consumer. */
  allowance: number;
  /** Bytes that a socket may hold and get more of the history. If there are none, not even one that holds nothing gets any. */
  share: number;
  readonly #each: number;
  readonly #most: number;

  constructor(limits: { readonly bufferedBytes: number; readonly totalBufferedBytes: number }) {
    this.#each = limits.bufferedBytes;
    this.#most = limits.totalBufferedBytes;
    this.share = this.#most / PARTS;
    this.allowance = Math.min(this.#each, this.share);
  }

  /** A socket holds so many bytes more, or less, than when it was last looked at. */
  change(bytes: number): void {
    this.total += bytes;
    this.share = Math.max(0, this.#most - this.total) / PARTS;
    this.allowance = Math.min(this.#each, this.share);
  }
}
