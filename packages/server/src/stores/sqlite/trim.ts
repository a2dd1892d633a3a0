import type { Offset } from "../../positions.ts";
import { PUBLICATION_OVERHEAD, type ResolvedRetention, type RetentionPolicy } from "../../retention.ts";
import { KEY_LIFETIME, type LogBounds } from "../shared/bounds.ts";
import type { Topic, Transaction } from "./transaction.ts";

/** Rows that one step touches at most: some milliseconds, in which appends wait. */
const STEP = 1_000;

/** One step of a longer job, in a transaction of its own. True when there is no more to do. */
export type Step = (tx: Transaction) => boolean;

/** The oldest of a topic, to be taken away: up to and with `through`. */
interface Front {
  readonly count: number;
  readonly bytes: number;
  readonly through: Offset;
}

/** The steps of applying retention to everything. */
export function createTrim(policy: RetentionPolicy, bounds: LogBounds, now: number): Step {
  const steps = [
    sweep,
    (tx: Transaction) => expireKeys(tx, now),
    createTopicsTrim(policy, now),
    (tx: Transaction) => trimOldest(tx, policy.maxTotalBytes, STEP),
    (tx: Transaction) => boundEnds(tx, bounds.ends),
    reclaim,
  ];
  return (tx) => {
    if (steps[0]?.(tx)) steps.shift();
    return steps.length === 0;
  };
}

/** Holds the bounds near after an append, in time bounded by what was appended. */
export function trimAppended(tx: Transaction, policy: RetentionPolicy, appended: number): void {
  tx.writePublications();
  // More than was appended, so that a log over its bounds comes down to them.
  const rows = STEP + 2 * appended;
  for (const topic of tx.changedTopics) {
    const retention = policy.for(topic.name);
    // A sixteenth over the count is let pass: a full topic does not bring a trim with every publication.
    const slack = Math.floor(retention.maxCount / 16);
    if (topic.count > retention.maxCount + slack || topic.bytes > retention.maxBytes) {
      trimTopic(tx, topic, retention, -Infinity, rows);
    }
  }
  trimOldest(tx, policy.maxTotalBytes, rows);
}

/** Removes what deleted topics have left behind. */
export function sweep(tx: Transaction): boolean {
  const row = tx.sql.sweep.get();
  if (row === undefined) return true;
  const {
    id,
    topic_id: topicId,
    topic,
    through,
  } = row as { id: number; topic_id: number; topic: string; through: number };
  const publications = topicId === null ? 0 : tx.sql.sweepPublications.run(topicId, STEP).changes;
  const keys = tx.sql.sweepKeys.run(topic, through, STEP).changes;
  tx.countKeys(-keys);
  if (publications < STEP && keys < STEP) tx.sql.removeSweep.run(id);
  return false;
}

function expireKeys(tx: Transaction, now: number): boolean {
  const { changes } = tx.sql.removeExpiredKeys.run(STEP, now - KEY_LIFETIME);
  tx.countKeys(-changes);
  return changes < STEP;
}

/** Goes over all topics by id, a few at a time. */
function createTopicsTrim(policy: RetentionPolicy, now: number): Step {
  let done = 0;
  return (tx) => {
    const rows = tx.sql.topicNamesById.all(done, STEP);
    let left = STEP;
    for (const row of rows) {
      const topic = tx.topic(row.name as string) as Topic;
      left -= trimAged(tx, topic, policy.for(topic.name), now, left);
      if (left <= 0) return false;
      done = topic.id;
    }
    return rows.length < STEP;
  };
}

/** Trims a topic; an ended one of which nothing is left, and whose end is as old, is forgotten. */
function trimAged(tx: Transaction, topic: Topic, retention: ResolvedRetention, now: number, rows: number): number {
  const cutoff = now - retention.maxAge;
  const trimmed = trimTopic(tx, topic, retention, cutoff, rows);
  if (topic.count > 0 || topic.endTime === null || topic.endTime >= cutoff) return trimmed;
  forgetEnd(tx, topic);
  return trimmed;
}

/** Trims the front of a topic, at most so many rows, and says how many. */
function trimTopic(tx: Transaction, topic: Topic, retention: ResolvedRetention, cutoff: number, rows: number): number {
  let { count, bytes, through } = readFront(tx, topic, Math.min(topic.count - retention.maxCount, rows));
  for (const row of tx.sql.oldestOfTopic.iterate(topic.id, through, rows - count)) {
    const isOver = topic.bytes - bytes > retention.maxBytes;
    if (!isOver && (row.time as number) >= cutoff) break;
    count++;
    bytes += row.bytes as number;
    through = row.offset as Offset;
  }
  if (count === 0) return 0;
  tx.sql.removeOldestOfTopic.run(topic.id, through);
  tookFront(tx, topic, { count, bytes, through });
  return count;
}

/** What the oldest `rows` of a topic come to: in one answer, where a busy topic would have a row for each publication. */
function readFront(tx: Transaction, topic: Topic, rows: number): Front {
  if (rows <= 0) return { count: 0, bytes: 0, through: 0 };
  return tx.sql.frontOfTopic.get(topic.id, rows) as unknown as Front;
}

/** Trims the front of the whole log, at most so many rows. True when it is within its bound. */
function trimOldest(tx: Transaction, maxTotalBytes: number, rows: number): boolean {
  if (tx.log.weight <= maxTotalBytes) return true;
  const fronts = new Map<string, Front>();
  let weight = tx.log.weight;
  let looked = 0;
  let through: Offset = 0;
  for (const row of tx.sql.oldest.iterate(rows)) {
    if (weight <= maxTotalBytes) break;
    looked++;
    through = row.offset as Offset;
    const name = row.name as string | null;
    if (name === null) continue; // of a deleted topic, and weighs nothing
    const bytes = row.bytes as number;
    weight -= bytes + PUBLICATION_OVERHEAD;
    const front = fronts.get(name) ?? { count: 0, bytes: 0, through };
    fronts.set(name, { count: front.count + 1, bytes: front.bytes + bytes, through });
  }
  tx.sql.removeOldest.run(through);
  for (const [name, front] of fronts) {
    tookFront(tx, tx.topic(name) as Topic, front);
  }
  return looked < rows;
}

function tookFront(tx: Transaction, topic: Topic, { count, bytes, through }: Front): void {
  tx.changed(topic, -count, -bytes);
  tx.raiseWatermark(topic.name, through);
  tx.entries.push({ type: "trim", topic: topic.name, through });
  if (topic.count === 0 && topic.endOffset === null) tx.removeTopic(topic);
}

/** Lifts the oldest ends of those that hold nothing, if there are too many. */
function boundEnds(tx: Transaction, bound: number): boolean {
  const excess = (tx.sql.countEmptyTopics.get()?.count as number) - bound;
  if (excess <= 0) return true;
  for (const row of tx.sql.emptyTopics.all(Math.min(excess, STEP))) {
    forgetEnd(tx, tx.topic(row.name as string) as Topic);
    tx.dropped.ends++;
  }
  return excess <= STEP;
}

/**
 * Gives free pages back to the file system, while they are many: a few are better kept for what comes next. Without
 * this a file is for ever as large as it ever was.
 */
function reclaim(tx: Transaction): boolean {
  const { free, pages } = tx.sql.freePages.get() as { free: number; pages: number };
  if (free <= STEP || free * 4 <= pages) return true;
  tx.db.exec(`PRAGMA incremental_vacuum(${STEP})`);
  return false;
}

function forgetEnd(tx: Transaction, topic: Topic): void {
  tx.removeTopic(topic);
  const entry = { type: "delete", topic: topic.name, through: topic.last } as const;
  const last = tx.entries.at(-1);
  // One entry tells it all where the last publications go in the same step.
  if (last?.type === "trim" && last.topic === topic.name) tx.entries.pop();
  tx.entries.push(entry);
}
