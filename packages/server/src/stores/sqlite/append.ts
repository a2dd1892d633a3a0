import { Buffer } from "node:buffer";
import type { Append, Appended } from "../../ports/store.ts";
import type { Offset } from "../../positions.ts";
import { KEY_LIFETIME } from "../shared/bounds.ts";
import { planBatch, type Remembered } from "../shared/plan.ts";
import type { Transaction } from "./transaction.ts";

/**
 * Stores a batch, or throws before anything of it is stored.
 *
 * @throws TidingsError `topic_ended`, `idempotency_conflict`; a driver's error, after which the transaction is void
 */
export function appendBatch(tx: Transaction, batch: readonly Append[], time: number): readonly Appended[] {
  const known = {
    head: tx.log.head,
    key: (topic: string, key: string, now: number) => findKey(tx, topic, key, now),
    hasEnded: (topic: string) => (tx.topic(topic)?.endOffset ?? null) !== null,
  };
  const { appended, keys } = planBatch(batch, known, time);
  for (const { topic, key, offset, fingerprint } of keys) {
    // One that has expired, or is of a topic since deleted, may still be there.
    tx.countKeys(-tx.sql.removeKey.run(topic, key).changes);
    tx.sql.addKey.run(offset, topic, key, fingerprint, time);
    tx.countKeys(1);
  }
  for (const [index, append] of batch.entries()) {
    const { offset, repeated } = appended[index] as Appended;
    if (!repeated) store(tx, append, offset, time);
  }
  return appended;
}

/** Forgets a topic in one small step, however much it holds: what it leaves behind is swept later. */
export function deleteTopic(tx: Transaction, name: string): boolean {
  const topic = tx.topic(name);
  if (topic === undefined && tx.sql.hasKeys.get(name, name) === undefined) return false;
  if (topic !== undefined) {
    tx.changed(topic, -topic.count, -topic.bytes);
    tx.removeTopic(topic);
    tx.raiseWatermark(name, topic.last);
  }
  tx.sql.addSweep.run(topic?.id ?? null, name, tx.log.head);
  tx.entries.push({ type: "delete", topic: name, through: tx.watermark(name) });
  return true;
}

function store(tx: Transaction, { topic: name, event, data, end }: Append, offset: Offset, time: number): void {
  const topic = tx.topic(name) ?? tx.addTopic(name);
  const bytes = data === undefined ? null : Buffer.from(data);
  tx.addPublication(offset, topic.id, time, end ? 1 : 0, event?.toWellFormed() ?? null, bytes);
  topic.last = offset;
  topic.lastTime = time;
  if (end) {
    topic.endOffset = offset;
    topic.endTime = time;
  }
  tx.log.head = offset;
  tx.changed(topic, 1, bytes?.byteLength ?? 0);
}

function findKey(tx: Transaction, topic: string, key: string, now: number): Remembered | undefined {
  const row = tx.sql.key.get(topic, key, topic) as unknown as Remembered | undefined;
  return row === undefined || now - row.time >= KEY_LIFETIME ? undefined : row;
}
