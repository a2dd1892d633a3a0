import type { Append, Publication } from "../../ports/store.ts";
import type { Offset } from "../../positions.ts";

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * What an append becomes. Half a surrogate pair becomes what every encoder makes of it, so that a live reader and one of
 * history see the same.
 */
export function toPublication({ topic, event, data, end }: Append, offset: Offset, time: number): Publication {
  // Data is nearly always there: as a field of the literal it needs no second object.
  const publication: Writable<Publication> =
    data === undefined ? { offset, topic, time } : { offset, topic, time, data: data.toWellFormed() };
  if (event !== undefined) publication.event = event.toWellFormed();
  if (end) publication.end = true;
  return publication;
}
