import { createStore, type Readable } from "./store.ts";
import {
  bound,
  countCharacters,
  type NewRow,
  sample,
  TAIL_CHARACTERS,
  TAIL_ROWS,
  type TailRow,
  toRowMatcher,
} from "./tail-rows.ts";

/** What the page draws. */
export interface TailView {
  /** Newest first; of those held, what the filter lets through. */
  readonly rows: readonly TailRow[];
  /** Rows that came while the tail was held, and wait. */
  readonly waiting: number;
  /** Rows never drawn, since the last clear: faster than anyone reads. */
  readonly skipped: number;
  /** Live events in the last second. */
  readonly rate: number;
}

/** Time and drawing, as the browser gives them. */
export interface TailRuntime {
  readonly now: () => number;
  readonly requestFrame: (draw: () => void) => void;
  readonly setTimer: (task: () => void, ms: number) => void;
}

/** A bounded list of the newest rows, drawn at most once per frame. */
export interface Tail extends Readable<TailView> {
  add(row: NewRow): void;
  /** Held, new rows wait, so that what is being read stays in place. */
  hold(held: boolean): void;
  /** Shows rows with `text` in their topic, name or data alone, and takes in no others until it is empty again. */
  filter(text: string): void;
  clear(): void;
  /** Fills in times of events by id. */
  setTimes(times: ReadonlyMap<string, number>): void;
}

/** Rows drawn per second in the long run, about ten times what one can read. A burst of a full list is drawn whole. */
const ROWS_PER_SECOND = 240;

const EMPTY: TailView = { rows: [], waiting: 0, skipped: 0, rate: 0 };

/** Creates an empty tail. */
export function createTail(runtime: TailRuntime = browserRuntime): Tail {
  const store = createStore(EMPTY);
  let rows: readonly TailRow[] = [];
  let matches = toRowMatcher("");
  let waiting: TailRow[] = [];
  let waitingCharacters = 0;
  let skipped = 0;
  let nextKey = 0;
  let held = false;
  let frameRequested = false;
  let credit = TAIL_ROWS;
  let creditedAt = runtime.now();
  let arrivals = 0;
  let rate = 0;
  let rateTimer = false;

  function add(row: NewRow): void {
    if (row.kind === "event" && row.time !== undefined) {
      arrivals++;
      measureRate();
    }
    if (!matches(row)) return;
    waiting.push({ ...row, key: nextKey++ });
    waitingCharacters += countCharacters(waiting.slice(-1));
    // Twice the list before cutting, so that cutting costs next to nothing per event.
    if (waiting.length >= 2 * TAIL_ROWS || waitingCharacters >= 2 * TAIL_CHARACTERS) {
      const kept = bound(waiting.reverse()).reverse();
      skipped += waiting.length - kept.length;
      setWaiting(kept);
    }
    requestDraw();
  }

  function setWaiting(rows: TailRow[]): void {
    waiting = rows;
    waitingCharacters = countCharacters(rows);
  }

  function requestDraw(): void {
    if (frameRequested) return;
    frameRequested = true;
    runtime.requestFrame(() => {
      frameRequested = false;
      draw();
    });
  }

  function draw(): void {
    if (held) {
      publish({ waiting: Math.min(waiting.length, TAIL_ROWS) });
      return;
    }
    const now = runtime.now();
    credit = Math.min(TAIL_ROWS, credit + ((now - creditedAt) * ROWS_PER_SECOND) / 1000);
    creditedAt = now;
    if (credit < 1 && waiting.length > 0) {
      requestDraw();
      return;
    }
    const drawn = sample(waiting, Math.floor(credit));
    credit -= drawn.length;
    skipped += waiting.length - drawn.length;
    setWaiting([]);
    if (drawn.length === 0) {
      publish({ waiting: 0 });
      return;
    }
    drawn.reverse();
    rows = bound([...drawn, ...rows]);
    const oldest = rows.at(-1)?.key ?? 0;
    publish({ rows: [...drawn, ...store.get().rows].filter(({ key }) => key >= oldest), waiting: 0 });
  }

  function publish(change: Partial<TailView>): void {
    store.set({ ...store.get(), skipped, rate, ...change });
  }

  function measureRate(): void {
    if (rateTimer) return;
    rateTimer = true;
    runtime.setTimer(() => {
      rateTimer = false;
      rate = arrivals;
      arrivals = 0;
      requestDraw();
      if (rate > 0) measureRate();
    }, 1000);
  }

  return {
    get: store.get,
    subscribe: store.subscribe,
    add,
    hold(next) {
      held = next;
      requestDraw();
    },
    filter(text) {
      matches = toRowMatcher(text);
      setWaiting(waiting.filter(matches));
      publish({ rows: rows.filter(matches) });
    },
    clear() {
      setWaiting([]);
      rows = [];
      skipped = 0;
      store.set({ ...EMPTY, rate });
    },
    setTimes(times) {
      const withTime = <Row extends TailRow>(row: Row): Row => {
        const time = row.kind === "event" && row.time === undefined ? times.get(row.id) : undefined;
        return time === undefined ? row : { ...row, time };
      };
      waiting = waiting.map(withTime);
      rows = rows.map(withTime);
      publish({ rows: store.get().rows.map(withTime) });
    },
  };
}

const browserRuntime: TailRuntime = {
  now: () => performance.now(),
  requestFrame: (draw) => requestAnimationFrame(draw),
  setTimer: (task, ms) => setTimeout(task, ms),
};
