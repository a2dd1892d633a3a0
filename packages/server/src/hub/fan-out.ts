import type { Deflate } from "../ports/deflate.ts";
import type { Runtime } from "../ports/runtime.ts";
import type { Publication, TailEntry } from "../ports/store.ts";
import { type Lineage, type Offset, toId } from "../positions.ts";
import type { Audience } from "./audience.ts";
import type { AudienceIndex } from "./audience-index.ts";
import { createKeptBytes, publicationBlock } from "./blocks.ts";
import type { StreamConnection } from "./connection.ts";
import { SharedBytes } from "./shared-bytes.ts";
import { Tail, type TailBounds, TailRecord } from "./tail.ts";
import type { HubObserver } from "./types.ts";

/** Data pending in all audiences at which a flush does not wait for the end of the turn: bounds one write. In characters. */
const EARLY_FLUSH = 256 * 1024;

/**
 * The way of a publication from the log to the sockets: each entry of the store's tail finds its audiences, is encoded
 * once, and waits there; at the end of the turn every audience is flushed with one shared buffer and one write per
 * connection, however many publications came in meanwhile. Under load, batches grow and the cost of each event falls.
 */
export class FanOut {
  readonly tail: Tail;
  /** Every live connection has been given everything up to here. */
  flushedThrough: Offset;
  /** Publications dispatched since the start. */
  publications = 0;
  readonly #index: AudienceIndex;
  readonly #lineage: Lineage;
  readonly #runtime: Runtime;
  readonly #deflate: Deflate;
  /** Heartbeat ticks so far: the clock of `Audience.lastFlush`. */
  readonly #tick: () => number;
  readonly #onDelete: (topic: string) => void;
  readonly #expire: () => void;
  readonly #observer: HubObserver | undefined;
  readonly #dirty = new Set<Audience>();
  readonly #keptBytes = createKeptBytes();
  /** What came while something was under way, behind which it belongs: an observer may publish from within a flush. */
  readonly #late: (readonly TailEntry[])[] = [];
  #isBusy = false;
  #pendingLength = 0;
  #scheduled = false;

  constructor(parts: {
    index: AudienceIndex;
    lineage: Lineage;
    head: Offset;
    runtime: Runtime;
    deflate: Deflate;
    bounds: TailBounds;
    tick: () => number;
    onDelete: (topic: string) => void;
    /** Closes the connections whose grants have ended. */
    expire: () => void;
    observer: HubObserver | undefined;
  }) {
    this.#index = parts.index;
    this.#lineage = parts.lineage;
    this.#runtime = parts.runtime;
    this.#deflate = parts.deflate;
    this.#tick = parts.tick;
    this.#onDelete = parts.onDelete;
    this.#expire = parts.expire;
    this.#observer = parts.observer;
    this.tail = new Tail(parts.head, parts.bounds);
    this.flushedThrough = parts.head;
  }

  /** Takes what the store's tail tells of, in its order. */
  dispatch(entries: readonly TailEntry[]): void {
    if (this.#isBusy) {
      this.#late.push(entries);
      return;
    }
    this.#dispatch(entries);
    this.#dispatchLate();
  }

  /** Writes what is pending to every live connection. */
  flush(): void {
    this.#isBusy = true;
    try {
      this.#flush();
    } finally {
      this.#isBusy = false;
    }
    this.#dispatchLate();
  }

  #flush(): void {
    const { head } = this.tail;
    // A timer may be late, and what is flushed now is not for them.
    this.#expire();
    for (const audience of this.#dirty) {
      const { pending: events, live } = audience;
      const connections = live.length;
      const plain = audience.takePending();
      if (plain === undefined) continue;
      const shared = new SharedBytes(plain, this.#deflate, audience.compressed > 1);
      let written = 0;
      audience.lastFlush = this.#tick();
      // About in the order of coming: when thousands have just come back, those who stayed do not wait for them. A copy, since
      // the list changes under way: by one that does not keep up, and by whatever a hook does. By number, since Node 24
      // allocates for each step of an iterator here.
      const readers = live.slice();
      for (let at = 0; at < readers.length; at++) {
        const connection = readers[at] as StreamConnection;
        if (connection.state === "live") written += connection.writeLive(shared, this.flushedThrough);
      }
      this.#observer?.flushed?.({ events, connections, bytes: plain.length, written });
    }
    this.flushedThrough = head;
    for (const audience of this.#dirty) if (audience.isOver) finishAll(audience);
    this.#dirty.clear();
    this.#pendingLength = 0;
    this.tail.evict(head);
  }

  /**
   * Lets a connection that has everything up to the last flush go live: from the next flush on it gets the rest. What
   * was dispatched since the last flush is made pending if nobody was there to wait for it.
   */
  join(audience: Audience, connection: StreamConnection): void {
    if (audience.live.length === 0) {
      for (const record of this.tail.between(this.flushedThrough, this.tail.head)) {
        if (audience.matches(record.publication.topic)) this.#give(audience, record);
      }
    }
    audience.join(connection);
  }

  #dispatchLate(): void {
    for (let next = this.#late.shift(); next !== undefined; next = this.#late.shift()) this.#dispatch(next);
  }

  #dispatch(entries: readonly TailEntry[]): void {
    this.#isBusy = true;
    try {
      for (const entry of entries) {
        if (entry.type === "publication") this.#dispatchPublication(entry.publication);
        else if (entry.type === "delete") this.#dispatchDelete(entry.topic, entry.through);
        // A trim concerns history alone: what the tail still has may be told to whoever is on the way to it.
      }
    } finally {
      this.#isBusy = false;
    }
    this.#schedule();
  }

  #dispatchPublication(publication: Publication): void {
    const record = new TailRecord(publication, this.#encode);
    this.tail.add(record);
    this.publications++;
    this.#index.match(publication.topic, this.#tell, record);
    if (this.#pendingLength > EARLY_FLUSH) this.#flush();
  }

  // Made once, where a closure would be one for each publication.
  readonly #tell = (audience: Audience, record: TailRecord): void => {
    const { publication } = record;
    if (audience.live.length > 0) this.#give(audience, record);
    if (publication.end) {
      audience.end(publication.topic, publication.offset);
      this.#dirty.add(audience);
    }
  };

  #give(audience: Audience, record: TailRecord): void {
    if (!audience.take(record)) return;
    this.#dirty.add(audience);
    this.#pendingLength += record.publication.data?.length ?? 0;
  }

  #dispatchDelete(topic: string, through: Offset): void {
    // What is pending was committed before the delete, and goes out before it.
    this.#flush();
    this.tail.forget(through);
    for (const audience of this.#index.naming(topic)) audience.revive(topic, through);
    this.#onDelete(topic);
  }

  readonly #encode = (publication: Publication): Uint8Array =>
    publicationBlock(toId(this.#lineage, publication.offset), publication, this.#keptBytes);

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#runtime.atEndOfTurn(this.#flushAtEndOfTurn);
  }

  readonly #flushAtEndOfTurn = (): void => {
    this.#scheduled = false;
    this.flush();
  };
}

function finishAll(audience: Audience): void {
  for (let at = audience.live.length - 1; at >= 0; at--) (audience.live[at] as StreamConnection).finish("ended");
}
