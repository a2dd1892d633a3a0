/**
 * The thread that owns the file. Work comes in messages; whatever has come by the time it is done with the last is done
 * together: all writes in one commit, which costs one fsync for as many as came, then reads and one step of a trim.
 */
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { TidingsError } from "../../errors.ts";
import type { Appended, Opened } from "../../ports/store.ts";
import { type RetentionPolicy, toRetentionPolicy } from "../../retention.ts";
import { appendBatch, deleteTopic } from "./append.ts";
import { readBarred, writeBarred } from "./barred.ts";
import { toStoreError } from "./failures.ts";
import { SqliteLog } from "./log.ts";
import { type OpenFile, openFile } from "./open.ts";
import { type Answer, type Request, type Start, toErrorData } from "./protocol.ts";
import { readLatest, readLog, readOffsetBefore, readTopics } from "./read.ts";
import { RETENTION } from "./retention.ts";
import type { Transaction } from "./transaction.ts";
import { createTrim, type Step, sweep, trimAppended } from "./trim.ts";

type Write = Extract<Request, { type: "append" | "delete" | "bar" }>;
type Read = Exclude<Request, Write | { type: "trim" | "close" }>;

/** A trim, or the sweeping after a delete, which no call waits for. */
interface Job {
  readonly id: number | undefined;
  readonly step: Step;
}

/** Reads go on this long, in milliseconds, before writes that came meanwhile have their turn. */
const READING = 5;

const port = parentPort as NonNullable<typeof parentPort>;
const start = workerData as Start;

open(start);

async function open({ path, retention, bounds }: Start): Promise<void> {
  let file: OpenFile | undefined;
  let log: SqliteLog;
  let opened: Opened;
  try {
    file = await openFile(start);
    log = new SqliteLog(file.db, bounds);
    opened = { ...file.opened, barred: readBarred(log.sql) };
  } catch (error) {
    file?.db.close();
    file?.lock.close();
    answer([{ type: "refused", error: toErrorData(toStoreError(error, path)) }]);
    port.close();
    return;
  }
  serve(file, log, toRetentionPolicy(retention, RETENTION), opened);
}

function serve({ db, lock }: OpenFile, log: SqliteLog, policy: RetentionPolicy, opened: Opened): void {
  const writes: Write[] = [];
  const reads: Read[] = [];
  const jobs: Job[] = [{ id: undefined, step: sweep }];
  let { dropped } = log;
  let closing: number | undefined;

  answer([{ type: "opened", opened }]);
  port.on("message", (requests: Request[]) => {
    take(requests);
    work();
  });
  work();

  function take(requests: readonly Request[]): void {
    for (const request of requests) {
      if (isWrite(request)) writes.push(request);
      else if (request.type === "trim") jobs.push(toJob(request));
      else if (request.type === "close") closing = request.id;
      else reads.push(request);
    }
  }

  function toJob({ id, now }: Extract<Request, { type: "trim" }>): Job {
    return { id, step: createTrim(policy, start.bounds, now) };
  }

  function work(): void {
    while (writes.length + reads.length + jobs.length > 0) {
      if (closing !== undefined) answer(leaveJobs());
      answer(commit(writes.splice(0)));
      answer(readSome());
      answer(stepJob());
      for (let more = receiveMessageOnPort(port); more !== undefined; more = receiveMessageOnPort(port)) {
        take(more.message as Request[]);
      }
    }
    if (closing === undefined) return;
    db.close();
    lock.close();
    answer([settle(closing)]);
    port.close();
  }

  /** One commit for all. A call that is refused has no part in it; where the disk fails, all of them do. */
  function commit(group: readonly Write[]): Answer[] {
    if (group.length === 0) return [];
    try {
      const answers = log.transact((tx) => {
        const { head } = tx.log;
        const applied = group.flatMap((write) => [apply(tx, write), ...takeEntries(tx)]);
        trimAppended(tx, policy, tx.log.head - head);
        return [...applied, ...takeEntries(tx)];
      });
      log.failed(0);
      return [...answers, ...tellDropped()];
    } catch (error) {
      log.failed(group.reduce((sum, write) => sum + toBytes(write), 0));
      return group.map(({ id }) => reject(id, error));
    }
  }

  function apply(tx: Transaction, write: Write): Answer {
    const { id } = write;
    try {
      if (write.type === "append") return toAnswer(id, appendBatch(tx, write.batch, write.time));
      if (write.type === "bar") {
        writeBarred(tx.sql, write.barred, write.now);
        return settle(id);
      }
      const deleted = deleteTopic(tx, write.topic);
      if (deleted) jobs.push({ id: undefined, step: sweep });
      return { type: "settled", id, value: deleted };
    } catch (error) {
      if (error instanceof TidingsError) return reject(id, error);
      throw error;
    }
  }

  function readSome(): Answer[] {
    const answers: Answer[] = [];
    const until = performance.now() + READING;
    for (let read = reads.shift(); read !== undefined; read = performance.now() < until ? reads.shift() : undefined) {
      try {
        answers.push({ type: "settled", id: read.id, value: lookUp(read) });
      } catch (error) {
        answers.push(reject(read.id, error));
      }
    }
    return answers;
  }

  function lookUp(read: Read): unknown {
    if (read.type === "read") return readLog(log.sql, read.request);
    if (read.type === "latest") return readLatest(log.sql, read.request);
    if (read.type === "offsetBefore") return readOffsetBefore(log.sql, read.time);
    if (read.type === "topics") return readTopics(log.sql, read.limit, read.after);
    return log.check();
  }

  function stepJob(): Answer[] {
    const job = jobs[0];
    if (job === undefined) return [];
    try {
      let done = false;
      const answers = log.transact((tx) => {
        done = job.step(tx);
        return takeEntries(tx);
      });
      if (!done) return answers;
      jobs.shift();
      return [...answers, ...tellDropped(), ...(job.id === undefined ? [] : [settle(job.id)])];
    } catch (error) {
      jobs.shift();
      return [job.id === undefined ? { type: "failed", error: toData(error) } : reject(job.id, error)];
    }
  }

  /** A close does not wait for a long trim: the next trim does what is left, and the next opening sweeps. */
  function leaveJobs(): Answer[] {
    return jobs.splice(0).flatMap(({ id }) => (id === undefined ? [] : settle(id)));
  }

  function tellDropped(): Answer[] {
    if (log.dropped === dropped) return [];
    dropped = log.dropped;
    return [{ type: "dropped", dropped }];
  }
}

function answer(answers: readonly Answer[]): void {
  if (answers.length > 0) port.postMessage(answers);
}

/** About what a write takes on the disk. */
function toBytes(write: Write): number {
  return write.type === "append" ? write.batch.reduce((sum, { data }) => sum + (data?.length ?? 0), 0) : 0;
}

function isWrite(request: Request): request is Write {
  return request.type === "append" || request.type === "delete" || request.type === "bar";
}

function toAnswer(id: number, appended: readonly Appended[]): Answer {
  return {
    type: "appended",
    id,
    offsets: appended.map(({ offset }) => offset),
    repeated: appended.flatMap(({ repeated }, index) => (repeated ? index : [])),
  };
}

function takeEntries(tx: Transaction): Answer[] {
  return tx.entries.splice(0).map((entry) => ({ type: "entry", entry }));
}

function settle(id: number): Answer {
  return { type: "settled", id };
}

function reject(id: number, error: unknown): Answer {
  return { type: "rejected", id, error: toData(error) };
}

function toData(error: unknown): ReturnType<typeof toErrorData> {
  return toErrorData(toStoreError(error, start.path));
}
