import { setTimeout as wait } from "node:timers/promises";

/** How the body of an answer came to its end. */
export type Ending = "end" | "cut";

/** An answer as a reader sees it: its head, and the body that has come so far. */
export interface Answer {
  readonly status: number;
  /** By lower-case name; several of one name are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
  /** Goes away, as a closed tab does. */
  leave(): void;
  /** Stops reading, and goes on reading. */
  pause(): void;
  resume(): void;
}

/** A client of one server. Redirects nothing, retries nothing. */
export interface Client {
  get(path: string, init?: { method?: string; headers?: Record<string, string> }): Promise<Answer>;
  close(): void;
}

/** Characters of earlier pieces in which the beginning of what is looked for may lie. */
const OVERLAP = 256;

/** A body as it comes in. */
export class Body {
  ending: Ending | undefined;
  /** Pieces, because a string that grows and is searched each time takes time in the square of its length. */
  #pieces: string[] = [];
  #latest = "";
  /** Each says whether it has seen what it waits for. */
  readonly #watchers = new Set<() => boolean>();

  /** All of it so far. */
  get text(): string {
    const text = this.#pieces.join("");
    this.#pieces = [text];
    return text;
  }

  append(text: string): void {
    this.#pieces.push(text);
    this.#latest = this.#latest.slice(-OVERLAP) + text;
    this.#wake();
  }

  finish(ending: Ending): void {
    this.ending ??= ending;
    this.#wake();
  }

  /** Settles as soon as the text holds what is looked for. */
  async until(wanted: string): Promise<void> {
    if (this.text.includes(wanted)) return;
    let isThere = false;
    await this.#watch(() => {
      isThere = this.#latest.includes(wanted);
      return isThere || this.ending !== undefined;
    });
    if (!isThere) throw new Error(`It came to its ${this.ending} without ${wanted}:\n${this.text}`);
  }

  /** How it ended, as soon as it has. */
  async ended(): Promise<Ending> {
    await this.#watch(() => this.ending !== undefined);
    return this.ending as Ending;
  }

  #watch(watcher: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      if (watcher()) return resolve();
      const watch = (): boolean => {
        const isDone = watcher();
        if (isDone) resolve();
        return isDone;
      };
      this.#watchers.add(watch);
    });
  }

  #wake(): void {
    for (const watch of this.#watchers) if (watch()) this.#watchers.delete(watch);
  }
}

/** One block of a stream, as its fields. */
export type Block = Readonly<Record<string, string>>;

/** The complete blocks of a stream. */
export function toBlocks(text: string): Block[] {
  const complete = text.slice(0, text.lastIndexOf("\n\n") + 1);
  return complete
    .split("\n\n")
    .filter((block) => block.trim() !== "")
    .map((block) =>
      Object.fromEntries(
        block
          .trim()
          .split("\n")
          .map((line) => line.split(/: ?(.*)/s, 2) as [string, string]),
      ),
    );
}

/** The data of the publications in a stream, in order: everything with a topic. */
export function published(text: string): string[] {
  return toBlocks(text).flatMap(({ topic, data }) => (topic === undefined || data === undefined ? [] : [data]));
}

/** Settles when `check` holds; it is asked again and again, and the test's own time limit ends it. */
export async function eventually(check: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await check())) await wait(2);
}
