/**
 * Where a connection's bytes go: the seam between the engine and a transport. An adapter makes one for each response
 * it takes over, and owns the socket or stream behind it.
 *
 * Contract: bytes go out in order and unchanged; the engine may hand the same `Uint8Array` to many sinks and never
 * changes it afterwards. The adapter calls `connection.drained()` when `buffered` has come down to 0 after it was not,
 * and `connection.closed()` exactly once when the transport is gone, for whatever reason.
 */
export interface Sink {
  /** Hands bytes over. Never throws, also not when the transport is already gone. */
  write(bytes: Uint8Array): void;
  /** Bytes handed over that the operating system, or the next stream, has not taken yet. */
  readonly buffered: number;
  /**
   * A number that changes whenever the reader takes anything, as finely as the transport can see. It tells a slow but
   * honest reader, to whom one large write takes minutes, from a stalled one.
   */
  readonly progress: number;
  /** What it goes out over, as `ConnectionInfo` shows it: `http/1.1`, `http/2`, `fetch`. */
  readonly transport: string;
  /** Closes after what was written has gone out. */
  end(): void;
  /** Closes now. */
  destroy(): void;
}
