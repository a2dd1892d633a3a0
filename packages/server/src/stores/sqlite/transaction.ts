import type { TailEntry } from "../../ports/store.ts";
import type { Offset } from "../../positions.ts";
import { PUBLICATION_OVERHEAD } from "../../retention.ts";
import type { LogBounds } from "../shared/bounds.ts";
import type { Database, Row, Value } from "./driver.ts";
import { ROWS, type Statements } from "./statements.ts";

/** A topic as its row says, changed in memory and written once at the end of the transaction. */
export interface Topic {
  readonly id: number;
  readonly name: string;
  count: number;
  bytes: number;
  last: Offset;
  lastTime: number;
  endOffset: Offset | null;
  endTime: number | null;
}

/** The row of the table `log`. */
interface LogRow {
  head: Offset;
  floor: Offset;
  weight: number;
  keys: number;
}

/** A row of the table `publications`. */
type PublicationRow = [
  offset: Offset,
  topic: number,
  time: number,
  ends: 0 | 1,
  event: string | null,
  data: Uint8Array | null,
];

const COLUMNS: PublicationRow["length"] = 6;

/**
 * One transaction's view of the log: rows that many appends touch are read once and written once. It lives no longer
 * than the transaction, so that nothing in memory outlives what a rollback takes back.
 */
export class Transaction {
  readonly db: Database;
  readonly sql: Statements;
  readonly log: LogRow;
  /** What the tail is to be told beside the publications, in order. */
  readonly entries: TailEntry[] = [];
  readonly dropped = { keys: 0, watermarks: 0, ends: 0 };
  readonly #bounds: LogBounds;
  readonly #topics = new Map<string, Topic | undefined>();
  readonly #changed = new Set<Topic>();
  /** Of publications that are not in their table yet, one after the other. */
  #values: Value[] = [];
  #logChanged = false;
  #watermarksRaised = false;

  constructor(db: Database, sql: Statements, bounds: LogBounds) {
    this.db = db;
    this.sql = sql;
    this.#bounds = bounds;
    this.log = sql.log.get() as unknown as LogRow;
  }

  topic(name: string): Topic | undefined {
    if (!this.#topics.has(name)) {
      const row = this.sql.topic.get(name);
      this.#topics.set(name, row === undefined ? undefined : toTopic(row));
    }
    return this.#topics.get(name);
  }

  addTopic(name: string): Topic {
    this.sql.addTopic.run(name);
    const topic = toTopic(this.sql.topic.get(name) as Row);
    this.#topics.set(name, topic);
    return topic;
  }

  /** Adds a publication, which its table has after {@link writePublications}. */
  addPublication(...row: PublicationRow): void {
    const values = this.#values;
    if (values.push(...row) < ROWS * COLUMNS) return;
    this.sql.addRows.run(...values);
    values.length = 0;
  }

  /** To be called before anything reads the table of publications. */
  writePublications(): void {
    const values = this.#values;
    for (let at = 0; at < values.length; at += COLUMNS) this.sql.add.run(...values.slice(at, at + COLUMNS));
    values.length = 0;
  }

  /** To be told of every change to a topic, with what it comes to for the whole log. */
  changed(topic: Topic, publications: number, bytes: number): void {
    topic.count += publications;
    topic.bytes += bytes;
    this.log.weight += bytes + publications * PUBLICATION_OVERHEAD;
    this.#changed.add(topic);
    this.#logChanged = true;
  }

  removeTopic(topic: Topic): void {
    this.sql.removeTopic.run(topic.id);
    this.#topics.set(topic.name, undefined);
    this.#changed.delete(topic);
  }

  raiseWatermark(topic: string, through: Offset): void {
    if (through <= this.log.floor) return;
    this.sql.raiseWatermark.run(topic, through);
    this.#watermarksRaised = true;
  }

  watermark(topic: string): Offset {
    return Math.max(this.log.floor, (this.sql.watermark.get(topic)?.through as Offset | undefined) ?? 0);
  }

  countKeys(change: number): void {
    if (change === 0) return;
    this.log.keys += change;
    this.#logChanged = true;
  }

  /** Topics changed so far, for whoever wants to trim them. */
  get changedTopics(): readonly Topic[] {
    return [...this.#changed];
  }

  /** Writes what is in memory; the last step before the commit. */
  save(): void {
    this.writePublications();
    for (const topic of this.#changed) {
      const { count, bytes, last, lastTime, endOffset, endTime, id } = topic;
      this.sql.setTopic.run(count, bytes, last, lastTime, endOffset, endTime, id);
    }
    this.#boundKeys();
    if (this.#watermarksRaised) this.#boundWatermarks();
    const { head, floor, weight, keys } = this.log;
    if (this.#logChanged) this.sql.setLog.run(head, floor, weight, keys);
  }

  #boundKeys(): void {
    const excess = this.log.keys - this.#bounds.keys;
    if (excess <= 0) return;
    const { changes } = this.sql.removeOldestKeys.run(excess);
    this.countKeys(-changes);
    this.dropped.keys += changes;
  }

  /** Gives up the lowest, which raises the floor least; a tenth at once, so that it is seldom done. */
  #boundWatermarks(): void {
    const count = this.sql.countWatermarks.get()?.count as number;
    if (count <= this.#bounds.watermarks) return;
    const low = this.sql.lowWatermark.get(Math.ceil(count / 10) - 1)?.through as Offset;
    this.dropped.watermarks += this.sql.removeWatermarks.run(low).changes;
    this.log.floor = low;
    this.#logChanged = true;
  }
}

function toTopic(row: Row): Topic {
  return {
    id: row.id as number,
    name: row.name as string,
    count: row.count as number,
    bytes: row.bytes as number,
    last: row.last as Offset,
    lastTime: row.last_time as number,
    endOffset: row.end_offset as Offset | null,
    endTime: row.end_time as number | null,
  };
}
