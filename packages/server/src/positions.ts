/** The place of a publication in the log: 1 for the first, always rising, never used again within an epoch. */
export type Offset = number;

/** An epoch of the log: it begins when a store is opened for writing. */
export interface Epoch {
  /** Unique for ever: no two openings of any store share it. Lower-case letters and digits. */
  readonly name: string;
  /** The first offset that was, or will be, appended under it. */
  readonly first: Offset;
}

/** The epochs of a log, oldest first; the last one is current. Never empty. */
export type Lineage = readonly Epoch[];

/** Where a reader stands: everything up to and with `offset`, as it was numbered under `epoch`, has been seen. */
export interface Position {
  readonly epoch: string;
  readonly offset: Offset;
}

/** Where a reader's position lies in this log. */
export type Resolved =
  | { readonly known: true; readonly after: Offset }
  | { readonly known: false; readonly reason: "reset" | "unknown"; readonly after: Offset };

const ID = /^([0-9a-z]{1,32})-(0|[1-9][0-9]{0,15})$/;

/** The position that an id names, or nothing if it is not one of ours. */
export function parsePosition(id: string): Position | undefined {
  const match = ID.exec(id);
  if (match === null) return undefined;
  const offset = Number(match[2]);
  return Number.isSafeInteger(offset) ? { epoch: match[1] as string, offset } : undefined;
}

/** The id of an offset: the epoch it was appended under, and the offset. */
export function toId(lineage: Lineage, offset: Offset): string {
  let at = lineage.length - 1;
  while (at > 0 && (lineage[at] as Epoch).first > offset) at--;
  return `${(lineage[at] as Epoch).name}-${offset}`;
}

/**
 * Finds a reader's place from the id it came back with.
 *
 * A position of an earlier epoch is good up to where that epoch ended and no further: what was numbered beyond it never
 * was, or no longer is, part of this log, and the reader goes on from the fork. An epoch that this log does not know
 * (a wiped store, a copy that went its own way) leaves only the start of the current epoch.
 */
export function resolvePosition(id: string, lineage: Lineage, head: Offset): Resolved {
  const current = lineage[lineage.length - 1] as Epoch;
  const position = parsePosition(id);
  if (position === undefined) return { known: false, reason: "unknown", after: current.first - 1 };
  const at = lineage.findIndex((epoch) => epoch.name === position.epoch);
  if (at === -1) return { known: false, reason: "reset", after: current.first - 1 };
  const next = lineage[at + 1];
  const end = next === undefined ? head : next.first - 1;
  if (position.offset > end) return { known: false, reason: "reset", after: end };
  return { known: true, after: position.offset };
}
