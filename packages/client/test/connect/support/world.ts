import { onTestFinished } from "vitest";
import { createEventStream } from "../../../src/connect.ts";
import { type Environment, environment } from "../../../src/environment.ts";
import type { ConnectOptions, EventStream, StreamEvents } from "../../../src/types.ts";

type PageEvent = "online" | "offline" | "visibilitychange" | "pagehide" | "pageshow";

/** A world in which a test has time, chance, network and page in its hand. The rest is real. */
export interface World extends Environment {
  /** Told to the stream; what it asks of the world follows from `isNetworkUp` and `isPageHidden`. */
  fire(type: PageEvent, event?: object): void;
  isNetworkUp: boolean;
  isPageHidden: boolean;
  /** The waits under way, in milliseconds; only where time stands still. */
  readonly timers: readonly number[];
  /** Lets the wait of so many milliseconds be over; the oldest, if there are several. */
  elapse(milliseconds: number): void;
  /** Listeners to the page that are still there. */
  readonly listening: number;
}

/** What differs from the world as it is. */
export interface WorldOptions extends Partial<Omit<Environment, "page">> {
  /** What relative addresses are relative to. */
  readonly base?: () => string | undefined;
  /** The origin that requests come from. */
  readonly origin?: () => string | undefined;
  readonly storage?: () => Pick<Storage, "getItem" | "setItem"> | undefined;
  readonly isHidden?: () => boolean;
  /** Time stands still but for `elapse`. Default: it passes. */
  readonly isStill?: boolean;
  /** Time passes so many times as fast. */
  readonly speed?: number;
}

/** Creates a world. Chance is always 0 in it unless told otherwise: waits are as short as they can be. */
export function createWorld({
  isStill = false,
  speed = 1,
  base,
  origin,
  storage,
  isHidden,
  ...overrides
}: WorldOptions = {}): World {
  const listeners = new Set<{ type: PageEvent; listener: () => void }>();
  const waits: { milliseconds: number; callback: () => void }[] = [];
  const world: World = {
    ...environment,
    now: () => environment.now() * speed,
    random: () => 0,
    after(milliseconds, callback) {
      if (!isStill) return environment.after(milliseconds / speed, callback);
      const wait = { milliseconds, callback };
      waits.push(wait);
      return () => {
        if (waits.includes(wait)) waits.splice(waits.indexOf(wait), 1);
      };
    },
    page: {
      get location() {
        const href = base?.();
        return href === undefined ? (undefined as never) : { href };
      },
      get origin() {
        return origin?.() as never;
      },
      get sessionStorage() {
        return storage?.() as never;
      },
      navigator: {
        get onLine() {
          return world.isNetworkUp;
        },
      },
      document: {
        get hidden() {
          return isHidden?.() ?? world.isPageHidden;
        },
      },
      addEventListener(type, listener, { signal }) {
        const entry = { type, listener };
        listeners.add(entry);
        signal.addEventListener("abort", () => listeners.delete(entry));
      },
    },
    ...overrides,
    fire(type) {
      for (const each of [...listeners]) if (each.type === type) each.listener();
    },
    isNetworkUp: true,
    isPageHidden: false,
    get timers() {
      return waits.map(({ milliseconds }) => milliseconds);
    },
    elapse(milliseconds) {
      const at = waits.findIndex((wait) => wait.milliseconds === milliseconds);
      if (at === -1) throw new Error(`Nothing waits for ${milliseconds} ms: ${world.timers.join(", ")}.`);
      waits.splice(at, 1)[0]?.callback();
    },
    get listening() {
      return listeners.size;
    },
  };
  return world;
}

/** Opens a stream that ends with the test. */
export function open<Data = unknown>(
  url: string | URL,
  options: ConnectOptions<Data> = {},
  world: Environment = createWorld(),
): EventStream<Data> {
  const stream = createEventStream(url, options as ConnectOptions<never>, world) as EventStream<Data>;
  onTestFinished(() => stream.close());
  return stream;
}

/** What a stream tells, in order. */
export interface Heard {
  readonly type: keyof StreamEvents;
  readonly event: unknown;
}

const TYPES = ["event", "open", "gap", "live", "end", "bye", "comment", "status", "error", "warning"] as const;

/** Writes down all that a stream tells. */
export function listen(stream: EventStream<unknown>): {
  readonly all: readonly Heard[];
  of<Type extends keyof StreamEvents>(type: Type): StreamEvents[Type][];
  data(): unknown[];
  codes(): string[];
} {
  const all: Heard[] = [];
  for (const type of TYPES) stream.on(type, (event: unknown) => all.push({ type, event }));
  const of = <Type extends keyof StreamEvents>(type: Type): StreamEvents[Type][] =>
    all.filter((heard) => heard.type === type).map(({ event }) => event as StreamEvents[Type]);
  return {
    all,
    of,
    data: () => of("event").map(({ data }) => data),
    codes: () => of("error").map(({ code }) => code),
  };
}

/** Takes so many events from an iterator. */
export async function take<T>(iterable: AsyncIterable<T>, count: number): Promise<T[]> {
  const iterator = iterable[Symbol.asyncIterator]();
  const taken: T[] = [];
  while (taken.length < count) {
    const { done, value } = await iterator.next();
    if (done) throw new Error(`Ended after ${taken.length} of ${count}.`);
    taken.push(value);
  }
  return taken;
}
