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

/** A row before the tail has numbered it. */
export type NewRow = Omit<EventRow, "key"> | Omit<NoteRow, "key">;

/** Rows in the list. */
export const TAIL_ROWS = 1_000;

/** Characters of data in the list. Data may be 1 MiB an event; a full list of them would be too much. */
export const TAIL_CHARACTERS = 8 * 1024 * 1024;

/** At most `count` rows, evenly spread and with the newest among them, so that a busy topic does not hide a quiet one. */
export function sample(rows: TailRow[], count: number): TailRow[] {
  if (rows.length <= count) return rows;
  const step = rows.length / count;
  const newest = rows.length - 1;
  return Array.from({ length: count }, (_, at) => rows[newest - Math.floor((count - 1 - at) * step)] as TailRow);
}

/** The first of `rows` that the list may hold, at least one. */
export function bound(rows: TailRow[]): TailRow[] {
  let characters = 0;
  const end = rows.findIndex((row, at) => {
    characters += countCharacters([row]);
    return at > 0 && (at >= TAIL_ROWS || characters > TAIL_CHARACTERS);
  });
  return end === -1 ? rows : rows.slice(0, end);
}

/** Characters of data in all of them. */
export function countCharacters(rows: readonly TailRow[]): number {
  return rows.reduce((sum, row) => sum + (row.kind === "event" ? row.data.length : 0), 0);
}

/** A test for rows with `text` in their topic, name or data, in whatever case. Notes always pass. */
export function toRowMatcher(text: string): (row: NewRow) => boolean {
  if (text === "") return () => true;
  const wanted = text.toLowerCase();
  return (row) =>
    row.kind === "note" || [row.data, row.topic, row.event].some((part) => part.toLowerCase().includes(wanted));
}
