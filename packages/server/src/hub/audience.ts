import type { Offset } from "../positions.ts";
import { isSubscribed, type Subscription } from "../topics.ts";
import { joinBytes } from "./blocks.ts";
import type { StreamConnection } from "./connection.ts";
import type { TailRecord } from "./tail.ts";

/**
 * All connections with one and the same subscription. What is published for them is encoded, collected and joined once,
 * however many they are.
 */
export class Audience {
  readonly key: string;
  readonly subscription: Subscription;
  /** Topics and patterns, as the reader is told. */
  readonly names: readonly string[];
  /** Connections that hold on to this audience, live or not. */
  members = 0;
  /** Those of them that have been opened and are not gone. */
  open = 0;
  /** Those that are live. Order has no meaning: leaving swaps the last one in. */
  readonly live: StreamConnection[] = [];
  /** How many of them take gzip. */
  compressed = 0;
  /** The tick in which its live connections were last written to. */
  lastFlush = 0;
  /** The last publication taken, so that a topic and a pattern that both match take it once. */
  #taken: Offset = 0;
  #pending: Uint8Array[] = [];
  readonly #ended = new Set<string>();
  /** Up to where topics were deleted. */
  #deleted: Map<string, Offset> | undefined;
  readonly #topics: ReadonlySet<string>;

  constructor(key: string, subscription: Subscription) {
    this.key = key;
    this.subscription = subscription;
    this.names = [...subscription.topics, ...subscription.patterns];
    this.#topics = new Set(subscription.topics);
  }

  matches(topic: string): boolean {
    return this.#topics.has(topic) || (this.subscription.patterns.length > 0 && isSubscribed(this.subscription, topic));
  }

  /** Takes a block for the next flush, unless it has this publication already. */
  take(record: TailRecord): boolean {
    const { offset } = record.publication;
    if (this.#taken === offset) return false;
    this.#taken = offset;
    this.#pending.push(record.block());
    return true;
  }

  /** What is to be written to each live connection now; nothing is pending afterwards. */
  takePending(): Uint8Array | undefined {
    if (this.#pending.length === 0) return undefined;
    const bytes = joinBytes(this.#pending);
    this.#pending = [];
    return bytes;
  }

  /** Blocks for the next flush. */
  get pending(): number {
    return this.#pending.length;
  }

  join(connection: StreamConnection): void {
    connection.place = this.live.push(connection) - 1;
    if (connection.isCompressed) this.compressed++;
  }

  leave(connection: StreamConnection): void {
    const last = this.live.pop() as StreamConnection;
    if (last !== connection) {
      this.live[connection.place] = last;
      last.place = connection.place;
    }
    if (connection.isCompressed) this.compressed--;
    if (this.live.length > 0) return;
    this.#pending = [];
    this.#taken = 0;
  }

  /** Notes that a topic has ended, unless that is the news of a page from before it was deleted. */
  end(topic: string, offset: Offset): void {
    if (this.#topics.has(topic) && offset > (this.#deleted?.get(topic) ?? 0)) this.#ended.add(topic);
  }

  /** Notes that a topic was deleted up to an offset, which lifts its end. */
  revive(topic: string, through: Offset): void {
    this.#ended.delete(topic);
    this.#deleted ??= new Map();
    this.#deleted.set(topic, through);
  }

  /** Nothing more can come: every topic has ended, and there is no pattern that a new one could match. */
  get isOver(): boolean {
    return this.subscription.patterns.length === 0 && this.#ended.size === this.#topics.size;
  }
}
