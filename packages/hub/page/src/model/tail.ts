import { createStore, type Readable } from "./store.ts";

/** One line of the tail. */
export type TailRow = EventRow | NoteRow;

/** An event of a topic. */
export interface EventRow {
  readonly kind: "event";
  /** Unique on this page. */
  readonly key: number;
  readonly id: string;
  readonly topic: string;
  /** The publisher's event name; `message` where there is none. */
  readonly event: string;
  readonly data: string;
  /** Milliseconds since 1970: arrival for a live event, publication for one from history, once known. */
  readonly time: number | undefined;
}

/** Something the hub says about the stream. */
export interface NoteRow {
  readonly kind: "note";
  readonly key: number;
  readonly tone: "gap" | "end";
  readonly text: string;
}

/** What the page draws. */
export interface TailView {
  /** Newest first. */
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
  clear(): void;
  /** Fills in times of events by id. */
  setTimes(times: ReadonlyMap<string, number>): void;
}

/** A row before the tail has numbered it. */
export type NewRow = Omit<EventRow, "key"> | Omit<NoteRow, "key">;

/** Rows in the list. What a page can scroll through without virtual rows. */
export const TAIL_ROWS = 500;

/** Characters of data in the list. Data may be 1 MiB an event; 500 of them would be too much. */
const TAIL_CHARACTERS = 8 * 1024 * 1024;

/** Rows drawn per second in the long run, about ten times what one can read. A burst of a full list is drawn whole. */
const ROWS_PER_SECOND = 240;

const EMPTY: TailView = { rows: [], waiting: 0, skipped: 0, rate: 0 };

/** Creates an empty tail. */
export function createTail(runtime: TailRuntime = browserRuntime): Tail {
  const store = createStore(EMPTY);
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
    waiting.push({ ...row, key: nextKey++ });
    waitingCharacters += countCharacters(waiting.slice(-1));
    // Twice the list before cutting, so that cutting costs next to nothing per event.
    if (waiting.length >= 2 * TAIL_ROWS || waitingCharacters >= 2 * TAIL_CHARACTERS) {
      const kept = bound(waiting.reverse()).reverse();
      skipped += waiting.length - kept.length;
      setWaiting(kept);
    }
    if (row.kind === "event" && row.time !== undefined) {
      arrivals++;
      measureRate();
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
    const { rows } = store.get();
    publish({ rows: drawn.length === 0 ? rows : bound([...drawn.reverse(), ...rows]), waiting: 0 });
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
    clear() {
      setWaiting([]);
      skipped = 0;
      store.set({ ...EMPTY, rate });
    },
    setTimes(times) {
      const withTime = <Row extends TailRow>(row: Row): Row => {
        const time = row.kind === "event" && row.time === undefined ? times.get(row.id) : undefined;
        return time === undefined ? row : { ...row, time };
      };
      waiting = waiting.map(withTime);
      publish({ rows: store.get().rows.map(withTime) });
    },
  };
}

/** At most `count` rows, evenly spread and with the newest among them, so that a busy topic does not hide a quiet one. */
function sample(rows: TailRow[], count: number): TailRow[] {
  if (rows.length <= count) return rows;
  const step = rows.length / count;
  const newest = rows.length - 1;
  return Array.from({ length: count }, (_, at) => rows[newest - Math.floor((count - 1 - at) * step)] as TailRow);
}

/** The first of `rows` that the list may hold, at least one. */
function bound(rows: TailRow[]): TailRow[] {
  let characters = 0;
  const end = rows.findIndex((row, at) => {
    characters += countCharacters([row]);
    return at > 0 && (at >= TAIL_ROWS || characters > TAIL_CHARACTERS);
  });
  return end === -1 ? rows : rows.slice(0, end);
}

function countCharacters(rows: readonly TailRow[]): number {
  return rows.reduce((sum, row) => sum + (row.kind === "event" ? row.data.length : 0), 0);
}

const browserRuntime: TailRuntime = {
  now: () => performance.now(),
  requestFrame: (draw) => requestAnimationFrame(draw),
  setTimer: (task, ms) => setTimeout(task, ms),
};
