import { Worker } from "node:worker_threads";
import { TidingsError } from "../../errors.ts";
import type { Append, Appended, Dropped, Opened, OpenOptions, TailEntry } from "../../ports/store.ts";
import { PUBLICATION_OVERHEAD } from "../../retention.ts";
import { toPublication } from "../shared/publication.ts";
import { gaveUpWaiting, notOpen } from "../shared/refusals.ts";
import { type Answer, type Request, type Start, toError, type Work } from "./protocol.ts";

/** A call that the worker has not answered yet. */
interface Call {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** An append under way, kept here so that the worker need not send back what it was sent. */
interface PendingAppend extends Call {
  readonly batch: readonly Append[];
  readonly time: number;
  readonly bytes: number;
}

/** The bound on what waits for the disk. See {@link Link.append}. */
export interface LinkOptions {
  readonly maxQueuedBytes: number;
}

/**
 * The way to the worker and back. Calls of one turn go in one message, and all answers of one of its turns come in one.
 * It keeps the process alive only while a call is under way.
 */
export class Link {
  dropped: Dropped = { keys: 0, watermarks: 0, ends: 0 };
  listener: (entries: readonly TailEntry[]) => void = ignore;
  readonly #worker: Worker;
  readonly #options: LinkOptions;
  readonly #onError: (error: unknown) => void;
  readonly #path: string;
  readonly #calls = new Map<number, Call>();
  readonly #appends = new Map<number, PendingAppend>();
  readonly #opened: Promise<Opened>;
  readonly #exited: Promise<unknown>;
  #opening: { resolve(opened: Opened): void; reject(error: unknown): void } | undefined;
  #outbox: Request[] = [];
  #queuedBytes = 0;
  #nextId = 1;
  /** Why every call is refused from now on. */
  #refusal: TidingsError | undefined = undefined;

  constructor(start: Start, options: LinkOptions, onError: OpenOptions["onError"]) {
    this.#options = options;
    this.#onError = onError;
    this.#path = start.path;
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: start, name: "tidings-sqlite" });
    this.#exited = new Promise((resolve) => {
      this.#worker.on("exit", resolve);
    });
    this.#opened = new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
    });
    this.#worker.on("message", (answers: Answer[]) => this.#settle(answers));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("messageerror", (error) => {
      this.#fail(error);
      void this.#worker.terminate();
    });
    this.#worker.on("exit", () => this.#fail(undefined));
  }

  /** Settles when the worker has the lock and the log. */
  async open(signal: AbortSignal): Promise<Opened> {
    const giveUp = (): void => this.#giveUp(gaveUpWaiting(signal));
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp);
    try {
      return await this.#opened;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  /** Asks for anything but an append. */
  call<T>(work: Work): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#refusal !== undefined) return reject(this.#refusal);
      const id = this.#nextId++;
      this.#calls.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#send({ ...work, id });
    });
  }

  /**
   * Appends. What is not committed yet is held in memory twice, here and in the worker, so there is a bound on it: beyond
   * `maxQueuedBytes` an append is refused, at once and with nothing stored, unless it is the only one.
   */
  append(batch: readonly Append[], time: number): Promise<readonly Appended[]> {
    return new Promise((resolve, reject) => {
      if (this.#refusal !== undefined) return reject(this.#refusal);
      const bytes = batch.reduce((sum, { data }) => sum + (data?.length ?? 0) + PUBLICATION_OVERHEAD, 0);
      if (this.#queuedBytes > 0 && this.#queuedBytes + bytes > this.#options.maxQueuedBytes) {
        return reject(this.#tooMuchQueued());
      }
      const id = this.#nextId++;
      this.#queuedBytes += bytes;
      this.#appends.set(id, { batch, time, bytes, resolve: resolve as (value: unknown) => void, reject });
      this.#send({ type: "append", id, batch, time });
    });
  }

  /** Settles when everything asked for is done, the file is closed and the thread has ended. */
  async close(): Promise<void> {
    if (this.#opening !== undefined) this.#giveUp(notOpen());
    if (this.#refusal === undefined) {
      this.call({ type: "close" }).catch(ignore);
      this.#refusal = notOpen();
    }
    this.#worker.ref();
    await this.#exited;
  }

  /** Ends a worker that still waits for the lock, and holds nothing. */
  #giveUp(reason: TidingsError): void {
    this.#refusal ??= reason;
    this.#opening?.reject(reason);
    this.#opening = undefined;
    void this.#worker.terminate();
  }

  #send(request: Request): void {
    if (this.#outbox.length === 0) {
      this.#worker.ref();
      setImmediate(() => {
        const requests = this.#outbox;
        this.#outbox = [];
        this.#worker.postMessage(requests);
      });
    }
    this.#outbox.push(request);
  }

  /** First the tail, then those who wait: nobody is told of a publication that the tail does not have. */
  #settle(answers: readonly Answer[]): void {
    const entries: TailEntry[] = [];
    const settled: (() => void)[] = [];
    for (const answer of answers) this.#take(answer, entries, settled);
    if (entries.length > 0) this.listener(entries);
    for (const settle of settled) settle();
    this.#restWhenIdle();
  }

  #take(answer: Answer, entries: TailEntry[], settled: (() => void)[]): void {
    switch (answer.type) {
      case "opened":
        this.#opening?.resolve(answer.opened);
        this.#opening = undefined;
        return;
      case "refused":
        this.#refusal = toError(answer.error);
        this.#opening?.reject(this.#refusal);
        this.#opening = undefined;
        return;
      case "dropped":
        this.dropped = answer.dropped;
        return;
      case "failed":
        this.#onError(toError(answer.error));
        return;
      case "entry":
        entries.push(answer.entry);
        return;
      case "appended": {
        const append = this.#appends.get(answer.id) as PendingAppend;
        const appended = toAppended(append, answer.offsets, new Set(answer.repeated), entries);
        this.#forget(answer.id);
        settled.push(() => append.resolve(appended));
        return;
      }
      default: {
        const call = this.#appends.get(answer.id) ?? (this.#calls.get(answer.id) as Call);
        this.#forget(answer.id);
        if (answer.type === "settled") settled.push(() => call.resolve(answer.value));
        else settled.push(() => call.reject(toError(answer.error)));
      }
    }
  }

  #forget(id: number): void {
    this.#queuedBytes -= this.#appends.get(id)?.bytes ?? 0;
    this.#appends.delete(id);
    this.#calls.delete(id);
  }

  /** The worker has ended: as it was told to, or on its own, which fails all that it had not answered. */
  #fail(cause: unknown): void {
    const failure = new TidingsError(
      "store_lost",
      `The thread that writes "${this.#path}" has ended; restart the hub, which finds all that was acknowledged.`,
      { cause },
    );
    const isAsked = this.#refusal !== undefined;
    this.#refusal ??= failure;
    this.#opening?.reject(failure);
    this.#opening = undefined;
    // Also where no call is under way, which would be told.
    if (!isAsked) this.#onError(failure);
    for (const call of [...this.#appends.values(), ...this.#calls.values()]) call.reject(failure);
    this.#appends.clear();
    this.#calls.clear();
    this.#outbox = [];
  }

  /** While it closes it is waited for, although no call is under way any more. */
  #restWhenIdle(): void {
    if (this.#refusal === undefined && this.#appends.size + this.#calls.size === 0) this.#worker.unref();
  }

  #tooMuchQueued(): TidingsError {
    return new TidingsError(
      "store_failed",
      `${this.#queuedBytes} bytes already wait to be written to "${this.#path}": the disk does not keep up. ` +
        "Publish more slowly, or wait for each publish before the next.",
      { retryAfter: 1 },
    );
  }
}

/** The result of an append, whose new publications go to the tail. */
function toAppended(
  { batch, time }: PendingAppend,
  offsets: readonly number[],
  repeated: ReadonlySet<number>,
  entries: TailEntry[],
): readonly Appended[] {
  return batch.map((append, index) => {
    const offset = offsets[index] as number;
    if (repeated.has(index)) return { offset, repeated: true };
    entries.push({ type: "publication", publication: toPublication(append, offset, time) });
    return { offset, repeated: false };
  });
}

function ignore(): void {}
