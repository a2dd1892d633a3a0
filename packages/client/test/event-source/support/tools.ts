import type { EventSource, EventSourceOptions } from "../../../src/event-source/index.ts";
import type { Seen, Step } from "./server.ts";

// What a subtest is given, the same in pages, workers and Node.

/** A place that `EventSource` runs in. */
export type Scope = "window" | "dedicatedworker" | "sharedworker" | "serviceworker" | "node";

/** One thing to show, by a function that returns, or throws what is wrong. */
export interface Subtest {
  /** The web-platform-test it restates, or the clause of the standard it shows. */
  readonly source: string;
  readonly name: string;
  /** Where it runs. */
  readonly scopes: readonly Scope[];
  /** Runs in the page also when it is about a worker or a frame. */
  readonly fromPage?: true;
  /** Runs in a page of its own, because it disturbs others. */
  readonly alone?: true;
  run(tools: Tools): Promise<void> | void;
}

/** How to reach the resources from where a subtest runs. */
export interface Place {
  /** Whose `EventSource` is the global one. */
  readonly use: "native" | "ours";
  /** What the address of the resources is, relative to the page or worker. */
  readonly resources: string;
  /** The same at another origin, absolute. */
  readonly crossOrigin: string;
  /** The page's or worker's own address, which `base` is in Node. */
  readonly address: string;
}

/** A scripted endpoint of the server. */
export interface Script {
  readonly url: string;
  /** The requests so far. */
  seen(): Promise<Seen[]>;
  /** Destroys the sockets of the responses that are open. */
  cut(): Promise<void>;
  /** Settles when the requests are as told. */
  until(is: (seen: Seen[]) => boolean, what: string): Promise<Seen[]>;
}

/** What a subtest works with. */
export interface Tools extends Place {
  /** The global `EventSource`, native or ours; closed when the subtest has ended. */
  open(url: unknown, options?: EventSourceOptions): EventSource;
  /** The address of a resource. */
  at(name: string, query?: Record<string, string | number>): string;
  atCrossOrigin(name: string, query?: Record<string, string | number>): string;
  script(...steps: Step[]): Script;
  /** The next event of a type. Rejects on `error`, unless that is what is waited for, or `through` errors. */
  next(source: EventSource, type: string, through?: "errors"): Promise<MessageEvent<string>>;
  equal(actual: unknown, expected: unknown, what?: string): void;
  unique(): string;
  /** Lets pass the time in which what must not happen could. */
  pause(milliseconds: number): Promise<void>;
}

const TIMEOUT = 15_000;
let count = 0;

/** Runs one subtest. Settles with what is wrong, or nothing. */
export async function runSubtest(subtest: Subtest, place: Place): Promise<string | undefined> {
  const opened: EventSource[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("timed out")), TIMEOUT);
  });
  try {
    await Promise.race([subtest.run(createTools(place, opened)), late]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  } finally {
    clearTimeout(timer);
    for (const source of opened) source.close();
  }
}

function createTools(place: Place, opened: EventSource[]): Tools {
  const unique = (): string => `${Date.now().toString(36)}${Math.random().toString(36).slice(2)}${count++}`;
  const equal = (actual: unknown, expected: unknown, what = "value"): void => {
    const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (!Object.is(actual, expected) && is !== should) throw new Error(`${what}: expected ${should}, got ${is}`);
    if (is === undefined && !Object.is(actual, expected)) throw new Error(`${what}: not what was expected`);
  };
  const absolute = (path: string): string => new URL(path, place.address).href;
  const withQuery = (base: string, name: string, query: Record<string, string | number> = {}): string => {
    const pairs = Object.entries(query).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
    return `${base}${name}${pairs.length === 0 ? "" : "?"}${pairs.join("&")}`;
  };
  return {
    ...place,
    unique,
    equal,
    open(url, options) {
      const Source = (globalThis as unknown as { EventSource: typeof EventSource }).EventSource;
      const source = options === undefined ? new Source(url as string) : new Source(url as string, options);
      opened.push(source);
      return source;
    },
    at: (name, query) => withQuery(place.resources, name, query),
    atCrossOrigin: (name, query) => withQuery(place.crossOrigin, name, query),
    script(...steps) {
      const token = unique();
      const seen = async (): Promise<Seen[]> =>
        (await fetch(absolute(withQuery(place.resources, "seen", { token })))).json() as Promise<Seen[]>;
      return {
        url: withQuery(place.resources, "script", { token, steps: JSON.stringify(steps) }),
        seen,
        async cut() {
          await fetch(absolute(withQuery(place.resources, "cut", { token })));
        },
        async until(is, what) {
          for (let tries = 0; tries < 200; tries++) {
            const now = await seen();
            if (is(now)) return now;
            await new Promise((resolve) => setTimeout(resolve, 25));
          }
          throw new Error(`the server has not seen ${what}: ${JSON.stringify(await seen())}`);
        },
      };
    },
    next: (source, type, through) =>
      new Promise((resolve, reject) => {
        const settle = (): void => {
          source.removeEventListener(type, got);
          source.removeEventListener("error", failed);
        };
        const got = (event: Event): void => {
          settle();
          resolve(event as MessageEvent<string>);
        };
        const failed = (): void => {
          settle();
          reject(new Error(`error event with readyState ${source.readyState}`));
        };
        source.addEventListener(type, got);
        if (type !== "error" && through === undefined) source.addEventListener("error", failed);
      }),
    pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  };
}
