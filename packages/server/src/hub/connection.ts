import { TidingsError } from "../errors.ts";
import type { Sink } from "../ports/sink.ts";
import { type Offset, toId } from "../positions.ts";
import type { Audience } from "./audience.ts";
import { byeBlock, gapBlock, greetingBlock, heartbeatBlock, liveBlock, openBlock } from "./blocks.ts";
import { type EncodedPage, PAGE_BYTES } from "./catch-up.ts";
import type { Deadline } from "./deadlines.ts";
import type { Engine } from "./engine.ts";
import { GZIP_HEAD, storedBlocks, takesGzip } from "./gzip.ts";
import type { Holder } from "./places.ts";
import { toData, toEventName } from "./publication.ts";
import type { SharedBytes } from "./shared-bytes.ts";
import type { Connection, ConnectRequest, DisconnectReason, Gap, StreamHandle } from "./types.ts";

/** Where a connection begins, as admission found it. */
export interface Start {
  /** The position the reader resumes from, told with `tidings:open`; absent if what follows is a gap or `?last`. */
  readonly id: string | undefined;
  /** What the reader has missed. */
  readonly gap: Gap | undefined;
  /** The first page, if the store had to be asked. */
  readonly page: EncodedPage | undefined;
  /** Everything up to here has been seen, or is in `page`. */
  readonly cursor: Offset;
  /** The reader has been told, or did not ask, of anything missing up to here. */
  readonly trimmedTo: Offset;
}

/** Whose a connection is, and until when it was granted. */
export interface Bearer extends Holder {
  readonly expires: number | undefined;
}

/** Milliseconds that a closing connection has to take its last bytes. */
const CLOSING_TIME = 10_000;

/**
 * One open response, as a state machine:
 *
 * ```text
 * open ──► catching-up ──(has everything up to the last flush)──► live
 *               ▲                                                  │
 *               └────────(the socket holds more than its bound)────┘
 * any ──(finish)──► closing ──(the transport is gone)──► closed
 * ```
 *
 * A reader that comes back and a reader that is slow are the same thing: a cursor in the log, which moves on whenever the
 * socket has room. Nothing is ever queued for a connection but what its socket holds.
 */
export class StreamConnection implements Connection, StreamHandle {
  readonly id: string;
  readonly since: number;
  readonly subject: string | undefined;
  readonly address: string | undefined;
  state: "catching-up" | "live" | "closing" | "closed" = "catching-up";
  /** Its stream is gzip. */
  readonly isCompressed: boolean;
  /** Its index in `Audience.live`; the audience's own. */
  place = 0;
  /** Its slot in the wheel of heartbeats; the wheel's own. */
  slot = 0;
  readonly #engine: Engine;
  readonly #audience: Audience;
  readonly #sink: Sink;
  readonly #authorize: ConnectRequest["authorize"];
  readonly #visibleHeartbeat: boolean;
  /** While catching up: everything up to here has been written. While live, the engine's last flush says it. */
  #cursor: Offset;
  #trimmedTo: Offset;
  /** A page, or an answer, is on its way. */
  #waiting = false;
  /** When its grant ends, if it does. */
  #expiry: Deadline<StreamConnection> | undefined;
  /** What the sink held when it was last looked at; the part of the hub's backlog that is its own. */
  #held = 0;
  /** Under way in `#advance`: a stream of the Streams standard asks for more from within a write. */
  #advancing = false;
  /** `tidings:live` has been said. */
  #announced = false;
  /** It fell behind, and has not been authorized anew for what it is to be sent now. */
  #unauthorized = false;
  #lastWrite: number;
  /** What the sink's was when it was last seen to hold bytes, and none where it held none. */
  #progress = Number.NaN;
  #progressTick: number;
  #reason: DisconnectReason = "closed";

  constructor(engine: Engine, audience: Audience, sink: Sink, request: ConnectRequest, bearer: Bearer, start: Start) {
    this.id = engine.createConnectionId();
    this.since = engine.runtime.now();
    this.isCompressed = takesGzip(engine.compression, request);
    this.subject = bearer.subject;
    this.address = bearer.address;
    this.#engine = engine;
    this.#audience = audience;
    this.#sink = sink;
    this.#authorize = request.authorize;
    this.#visibleHeartbeat = request.heartbeat === "event";
    this.#cursor = start.cursor;
    this.#trimmedTo = start.trimmedTo;
    this.#lastWrite = engine.heartbeats.tick;
    this.#progressTick = engine.heartbeats.tick;
    this.#expireAt(bearer.expires);
  }

  get topics(): readonly string[] {
    return this.#audience.names;
  }

  get position(): string {
    return toId(this.#engine.lineage, this.#offset);
  }

  get buffered(): number {
    return this.#sink.buffered;
  }

  get lag(): number {
    return Math.max(0, this.#engine.fanOut.flushedThrough - this.#offset);
  }

  get transport(): string {
    return this.#sink.transport;
  }

  get expires(): number | undefined {
    return this.#expiry?.time;
  }

  get isListening(): boolean {
    return this.state === "catching-up" || this.state === "live";
  }

  isIn(audiences: ReadonlySet<Audience>): boolean {
    return audiences.has(this.#audience);
  }

  /**
   * Writes what comes first, and goes on from there.
   *
   * @param isKicked it happened on the way in: only the bye is left to say
   */
  start(start: Start, onConnect: ConnectRequest["onConnect"], isKicked: boolean): void {
    if (this.isCompressed) this.#writeBytes(GZIP_HEAD);
    const { engine, connection } = { engine: this.#engine, connection: this.id };
    this.#write(openBlock(engine.retry(), start.id, { connection, heartbeat: engine.heartbeat, topics: this.topics }));
    if (start.gap !== undefined) this.#writeGap(start.gap);
    // Hooks may close it, and what they send comes behind `tidings:open`.
    this.#engine.add(this, this.#audience);
    if (isKicked) this.finish("kicked", false);
    if (onConnect !== undefined && this.state === "catching-up") this.#engine.guard(() => onConnect(this));
    if (start.page !== undefined) this.#writePage(start.page);
    this.#advance();
  }

  /** Writes a flush and returns its bytes. A socket that is full already gets nothing: its connection goes on from the flush before. */
  writeLive(shared: SharedBytes, flushedThrough: Offset): number {
    if (this.#look() <= this.#engine.backlog.allowance) {
      const bytes = this.isCompressed ? shared.blocks : shared.plain;
      this.#sink.write(bytes);
      return bytes.length;
    }
    this.#audience.leave(this);
    this.state = "catching-up";
    this.#unauthorized = this.#authorize !== undefined;
    this.#cursor = flushedThrough;
    this.#lastWrite = this.#progressTick = this.#engine.heartbeats.tick;
    if (this.#engine.slowConsumer === "disconnect") this.finish("slow_consumer");
    return 0;
  }

  send(data: unknown, options: { readonly event?: string } = {}): boolean {
    const block = greetingBlock(toEventName(options.event), toData(data, this.#engine.limits.eventBytes));
    if (this.state === "closing" || this.state === "closed") return false;
    if (this.#look() > this.#engine.backlog.allowance) return false;
    this.#write(block);
    return true;
  }

  close(options: { readonly reconnect?: boolean } = {}): void {
    this.finish("kicked", options.reconnect ?? true);
  }

  /** Its grant has ended. */
  expire(): void {
    this.finish("expired", true, this.#engine.retry());
  }

  drained(): void {
    if (this.state === "closed") return;
    this.#look();
    this.#advance();
  }

  closed(): void {
    if (this.state === "closed") return;
    this.#leave();
    this.#endGrant();
    this.#engine.backlog.change(-this.#held);
    this.state = "closed";
    this.#engine.remove(this, this.#audience, this.#reason);
  }

  /** Says `tidings:bye`, unless the topics have said it all, and closes once that has gone out. */
  finish(reason: DisconnectReason, reconnect = true, retry?: number): void {
    if (this.state === "closing" || this.state === "closed") return;
    this.#leave();
    this.#endGrant();
    this.state = "closing";
    this.#reason = reason;
    this.#progressTick = this.#engine.heartbeats.tick;
    if (reason !== "ended") this.#write(byeBlock(reason, reconnect, retry));
    this.#sink.end();
  }

  /** Closes now, whatever the transport still holds. */
  destroy(reason: DisconnectReason): void {
    if (this.state !== "closing") this.#reason = reason;
    this.#sink.destroy();
  }

  /** The wheel comes by. Returns the ticks after which it is to come again. */
  visit(tick: number, delay: number): number {
    if (this.state === "closed") return 0;
    if (this.#look() > 0 || this.state === "closing") return this.#watch(tick, delay);
    this.#progressTick = tick;
    this.#progress = Number.NaN;
    if (this.#waitsForOthers) {
      this.#advance();
      if (!this.#waitsForOthers) return 1;
    }
    const lastWrite = this.state === "live" ? Math.max(this.#lastWrite, this.#audience.lastFlush) : this.#lastWrite;
    const due = lastWrite + delay - tick;
    if (due > 0) return this.#waitsForOthers ? 1 : due;
    this.#write(heartbeatBlock(this.position, this.#visibleHeartbeat));
    return this.#waitsForOthers ? 1 : delay;
  }

  /** Looks whether the reader takes anything at all; one that does not, for the stall time, is closed. */
  #watch(tick: number, delay: number): number {
    const { heartbeats, limits, ticks } = this.#engine;
    const allowed = ticks(this.state === "closing" ? CLOSING_TIME : limits.stall);
    const { progress } = this.#sink;
    if (progress !== this.#progress && this.state !== "closing") this.#progressTick = heartbeats.tick;
    this.#progress = progress;
    if (tick - this.#progressTick >= allowed) {
      this.destroy("stalled");
      return 0;
    }
    return Math.min(delay, Math.max(1, Math.ceil(allowed / 4)));
  }

  /** Moves the cursor on as far as the socket has room, and goes live when there is nothing left to catch up with. */
  #advance(): void {
    if (this.#advancing) return;
    this.#advancing = true;
    const { fanOut, catchUp, slowConsumer } = this.#engine;
    while (this.state === "catching-up" && !this.#waiting && this.#mayRead()) {
      if (this.#unauthorized) this.#await(this.#reauthorize(), "unauthorized");
      // Announced before, it is behind because its socket was full, not because it has just come.
      else if (slowConsumer === "latest" && this.#announced && this.#cursor < fanOut.flushedThrough)
        this.#await(this.#skipToLatest());
      else if (!fanOut.tail.covers(this.#cursor)) this.#await(this.#readNext());
      // A page of the store may be ahead of the last flush: what it has shown must not be flushed to this reader again.
      // The tail may let go of some by that, so what it covers is asked anew.
      else if (this.#cursor > fanOut.flushedThrough) fanOut.flush();
      else if (this.#cursor === fanOut.flushedThrough) this.#goLive();
      else this.#writePage(catchUp.fromTail(this.#audience, this.#cursor));
    }
    this.#advancing = false;
  }

  #goLive(): void {
    if (this.#audience.isOver) {
      this.finish("ended");
      return;
    }
    if (!this.#announced) this.#write(liveBlock(this.position));
    this.#announced = true;
    this.state = "live";
    this.#engine.fanOut.join(this.#audience, this);
  }

  /** Lets one step that takes time pass, and goes on after it; where it fails, closes with a reason. */
  #await(step: Promise<void>, reason: DisconnectReason = "store_failed"): void {
    this.#waiting = true;
    step.then(
      () => {
        this.#waiting = false;
        this.#advance();
      },
      (error: unknown) => {
        this.#waiting = false;
        if (this.state !== "catching-up") return;
        if (reason === "store_failed") this.#engine.onError(error);
        this.finish(reason, !isFinal(error));
      },
    );
  }

  async #reauthorize(): Promise<void> {
    const { subject, expires } = await this.#engine.authorize(this.#authorize, this.topics);
    if (this.state !== "catching-up") return;
    if (subject !== undefined && subject !== this.subject) {
      throw new TidingsError("forbidden", "The grant is another subject's.", { field: "topic" });
    }
    this.#unauthorized = false;
    this.#expireAt(expires);
  }

  async #skipToLatest(): Promise<void> {
    this.#writePage(await this.#engine.catchUp.latest(this.#audience, this.#cursor, 1));
  }

  async #readNext(): Promise<void> {
    this.#writePage(await this.#engine.catchUp.read(this.#audience, this.#cursor));
  }

  #writePage(page: EncodedPage): void {
    // A timer may be late, and what is written now is not for those whose grants have ended.
    this.#engine.expiries.run();
    if (this.state !== "catching-up") return;
    if (page.trimmedTo > this.#trimmedTo && page.trimmedTo > this.#cursor) {
      this.#trimmedTo = page.trimmedTo;
      const resumesAt = toId(this.#engine.lineage, resumesAfter(page, this.#cursor));
      this.#writeGap({ reason: "trimmed", after: this.position, resumesAt });
      // An observer may close it.
      if (!this.isListening) return;
    }
    if (page.bytes !== undefined) this.#writeBytes(this.isCompressed ? page.bytes.blocks : page.bytes.plain);
    for (const [topic, offset] of page.ended) if (offset <= page.scannedTo) this.#audience.end(topic, offset);
    this.#cursor = Math.max(this.#cursor, page.scannedTo);
  }

  /** Writes what is for this reader alone: never compressed, not even where the stream is. */
  #write(block: Uint8Array): void {
    this.#writeBytes(this.isCompressed ? storedBlocks(block) : block);
  }

  #writeBytes(bytes: Uint8Array): void {
    this.#lastWrite = this.#engine.heartbeats.tick;
    this.#sink.write(bytes);
    this.#look();
  }

  #writeGap(gap: Gap): void {
    this.#write(gapBlock(gap));
    this.#engine.observer?.gapTold?.(gap.reason);
  }

  /** What the socket holds, noted in the backlog. */
  #look(): number {
    const { buffered } = this.#sink;
    if (buffered !== this.#held) {
      this.#engine.backlog.change(buffered - this.#held);
      this.#held = buffered;
    }
    return buffered;
  }

  /** Whether the next page may be written: by what the socket holds, and by what all do. */
  #mayRead(): boolean {
    const held = this.#look();
    return held <= PAGE_BYTES && held < this.#engine.backlog.share;
  }

  /** All sockets together hold too much for it to go on: nobody but the wheel tells it when that is over. */
  get #waitsForOthers(): boolean {
    return this.state === "catching-up" && !this.#waiting;
  }

  #expireAt(time: number | undefined): void {
    const { expiries } = this.#engine;
    if (this.#expiry !== undefined) expiries.remove(this.#expiry);
    this.#expiry = time === undefined ? undefined : expiries.add(this, time);
  }

  #endGrant(): void {
    if (this.#expiry === undefined) return;
    if (this.subject !== undefined) this.#engine.kicks.granted(this.subject, this.#expiry.time);
    this.#expireAt(undefined);
  }

  #leave(): void {
    if (this.state !== "live") return;
    this.#cursor = this.#engine.fanOut.flushedThrough;
    this.#audience.leave(this);
  }

  get #offset(): Offset {
    return this.state === "live" ? this.#engine.fanOut.flushedThrough : this.#cursor;
  }
}

/**
 * Where a reader goes on after a gap: as far up as everything trimmed, but below everything still held, so that the ids
 * that follow rise and a cut right after the gap loses nothing.
 */
export function resumesAfter(page: EncodedPage, cursor: Offset): Offset {
  return Math.max(cursor, Math.min(page.trimmedTo, page.first === undefined ? page.scannedTo : page.first - 1));
}

/** A no is final. What failed may be mended by the time the reader comes back, and 401 asks for a new token. */
function isFinal(error: unknown): boolean {
  return error instanceof TidingsError && error.status < 500 && error.status !== 401;
}
