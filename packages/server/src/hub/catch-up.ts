import type { Deflate } from "../ports/deflate.ts";
import type { Page, Store } from "../ports/store.ts";
import { type Lineage, type Offset, toId } from "../positions.ts";
import type { Audience } from "./audience.ts";
import { joinBytes, publicationBlock } from "./blocks.ts";
import type { FanOut } from "./fan-out.ts";
import { SharedBytes } from "./shared-bytes.ts";
import type { HubObserver } from "./types.ts";

/** A piece of history, ready to be written. */
export interface EncodedPage {
  /** Absent if nothing matched. */
  readonly bytes: SharedBytes | undefined;
  /** Everything that matches up to here is in `bytes`. */
  readonly scannedTo: Offset;
  /** See `Page.trimmedTo`. */
  readonly trimmedTo: Offset;
  /** The offset of the first publication; absent if nothing matched. */
  readonly first: Offset | undefined;
  /** Topics that have ended, with the offset of their end, which may lie beyond this page. */
  readonly ended: ReadonlyMap<string, Offset>;
}

/** A page kept for others. */
interface SharedPage {
  readonly page: EncodedPage;
  /** It led to the head of its time; absent if more followed. */
  readonly head: Offset | undefined;
}

/** A page kept for others at the same place, up to the same flush. */
interface TailPage {
  readonly audience: Audience;
  readonly after: Offset;
  readonly through: Offset;
  readonly page: EncodedPage;
}

/** Publications a page has at most, and about how many bytes of data: small enough to wait for a slow socket between two. */
const PAGE_LIMIT = 500;
export const PAGE_BYTES = 64 * 1024;

/** Bytes of pages kept for others at the same place. */
const SHARED_BYTES = 8 * 1024 * 1024;

/** Of topics matched by pattern, as many as `?last` tells of. */
const LATEST_TOPICS = 100;

/** Bytes of data that `?last` brings at most: it is written in one piece, to whoever asks. */
const LATEST_BYTES = 1024 * 1024;

/**
 * Where connections that are catching up get their pages: from the store, and at last from the tail. Readers of one
 * audience at the same place share the reading and the encoded page, as after a restart, when all come back at once.
 */
export class CatchUp {
  readonly #store: Store;
  readonly #lineage: Lineage;
  readonly #fanOut: FanOut;
  readonly #deflate: Deflate;
  readonly #observer: HubObserver | undefined;
  readonly #reading = new Map<string, Promise<EncodedPage>>();
  readonly #shared = new Map<string, SharedPage>();
  #sharedBytes = 0;
  /** The newest page out of the tail: those who were cut together come back to the same place. */
  #fromTail: TailPage | undefined;
  /** Counts the forgettings, so that what was read before one is not shared after it. */
  #generation = 0;

  constructor(store: Store, lineage: Lineage, fanOut: FanOut, deflate: Deflate, observer: HubObserver | undefined) {
    this.#store = store;
    this.#lineage = lineage;
    this.#fanOut = fanOut;
    this.#deflate = deflate;
    this.#observer = observer;
  }

  /** The next page out of the store. @throws TidingsError `store_failed` and its kin */
  read(audience: Audience, after: Offset): Promise<EncodedPage> {
    const key = `${after} ${audience.key}`;
    const shared = this.#shared.get(key);
    if (shared !== undefined && this.#holds(shared)) return Promise.resolve(shared.page);
    let reading = this.#reading.get(key);
    if (reading === undefined) {
      reading = this.#readPage(audience, after, key);
      this.#reading.set(key, reading);
    }
    return reading;
  }

  /** What came since it was read is told from the tail; that nothing has come at all can be said only while that is so. */
  #holds({ page, head }: SharedPage): boolean {
    const { tail } = this.#fanOut;
    return head === undefined || head === tail.head || (page.bytes !== undefined && tail.covers(head));
  }

  /** The next page out of the tail, which must cover `after`; up to the last flush at most. */
  fromTail(audience: Audience, after: Offset): EncodedPage {
    const through = this.#fanOut.flushedThrough;
    const newest = this.#fromTail;
    if (newest?.audience === audience && newest.after === after && newest.through === through) return newest.page;
    const page = this.#encodeTail(audience, after, through);
    this.#fromTail = { audience, after, through, page };
    return page;
  }

  #encodeTail(audience: Audience, after: Offset, through: Offset): EncodedPage {
    const blocks: Uint8Array[] = [];
    const ended = new Map<string, Offset>();
    let first: Offset | undefined;
    let scannedTo = through;
    let bytes = 0;
    for (const record of this.#fanOut.tail.between(after, through)) {
      const { topic, offset, end } = record.publication;
      if (!audience.matches(topic)) continue;
      const block = record.block();
      first ??= offset;
      blocks.push(block);
      if (end) ended.set(topic, offset);
      bytes += block.length;
      if (bytes < PAGE_BYTES) continue;
      scannedTo = offset;
      break;
    }
    this.#observer?.paged?.({ source: "tail", events: blocks.length });
    return { bytes: this.#toShared(blocks), scannedTo, trimmedTo: 0, first, ended };
  }

  /** The newest publications of each topic, after an offset. @throws TidingsError `store_failed` and its kin */
  async latest(audience: Audience, after: Offset, count: number): Promise<EncodedPage> {
    const filter = audience.subscription;
    const page = await this.#store.latest({ filter, after, count, maxTopics: LATEST_TOPICS, maxBytes: LATEST_BYTES });
    // Whoever asks for the newest has asked to skip the rest, and misses nothing by it.
    return this.#encode({ ...page, trimmedTo: 0 });
  }

  /** Forgets the shared pages: something in them was deleted, or has been kept for long enough. */
  forget(): void {
    this.#generation++;
    this.#reading.clear();
    this.#shared.clear();
    this.#fromTail = undefined;
    this.#sharedBytes = 0;
  }

  async #readPage(audience: Audience, after: Offset, key: string): Promise<EncodedPage> {
    const generation = this.#generation;
    try {
      const filter = audience.subscription;
      const page = this.#encode(await this.#store.read({ after, filter, limit: PAGE_LIMIT, maxBytes: PAGE_BYTES }));
      if (generation === this.#generation && page.scannedTo > after) this.#share(key, page);
      return page;
    } finally {
      if (generation === this.#generation) this.#reading.delete(key);
    }
  }

  #share(key: string, page: EncodedPage): void {
    const { head } = this.#fanOut.tail;
    const previous = this.#shared.get(key);
    if (previous !== undefined) this.#sharedBytes -= weigh(previous.page);
    this.#shared.set(key, { page, head: page.scannedTo < head ? undefined : head });
    this.#sharedBytes += weigh(page);
    for (const [oldestKey, oldest] of this.#shared) {
      if (this.#sharedBytes <= SHARED_BYTES) return;
      this.#shared.delete(oldestKey);
      this.#sharedBytes -= weigh(oldest.page);
    }
  }

  #encode(page: Page): EncodedPage {
    const { publications, scannedTo, trimmedTo, ended } = upTo(this.#fanOut.tail.head, page);
    const blocks = publications.map((publication) =>
      publicationBlock(toId(this.#lineage, publication.offset), publication),
    );
    this.#observer?.paged?.({ source: "store", events: blocks.length });
    return {
      bytes: this.#toShared(blocks),
      scannedTo,
      trimmedTo,
      first: publications[0]?.offset,
      ended,
    };
  }

  #toShared(blocks: readonly Uint8Array[]): SharedBytes | undefined {
    return blocks.length > 0 ? new SharedBytes(joinBytes(blocks), this.#deflate, false) : undefined;
  }
}

/** A page without what the tail has yet to tell of, where a store knows more than its tail has delivered. */
function upTo(head: Offset, page: Page): Page {
  if (page.scannedTo <= head) return page;
  return { ...page, scannedTo: head, publications: page.publications.filter(({ offset }) => offset <= head) };
}

/** Text, as much again at most if it is compressed too, and what objects cost. */
function weigh(page: EncodedPage): number {
  return 2 * (page.bytes?.plain.length ?? 0) + 256;
}
