import { TidingsError } from "../errors.ts";
import type { Publication, Store } from "../ports/store.ts";
import { resolvePosition, toId } from "../positions.ts";
import type { Engine } from "./engine.ts";
import type { Gap, History, HistoryEvent } from "./types.ts";

/** Bytes of data that one page of `hub.history` has at most. */
const HISTORY_BYTES = 4 * 1024 * 1024;

/** The end of a topic's history, or of what comes before an id. See `Hub.history`. @throws TidingsError `invalid_parameter`, `store_failed` and its kin */
export async function readHistoryBack(
  { lineage, fanOut }: Engine,
  store: Store,
  topic: string,
  count: number,
  id: string | undefined,
): Promise<History> {
  const place = id === undefined ? undefined : resolvePosition(id, lineage, fanOut.tail.head);
  if (place?.known === false) {
    throw new TidingsError("invalid_parameter", "before is no id of this log. Read its end with last alone.", {
      field: "before",
    });
  }
  const all = { filter: { topics: [topic], patterns: [] }, after: 0, maxTopics: 0 };
  const page = await store.latest({
    ...all,
    ...(place && { before: place.after }),
    count,
    maxBytes: HISTORY_BYTES,
  });
  const [oldest] = page.publications;
  const older = oldest && (await store.latest({ ...all, before: oldest.offset, count: 1, maxBytes: 1 }));
  return {
    events: page.publications.map((publication) => toHistoryEvent(publication, toId(lineage, publication.offset))),
    next: toId(lineage, page.scannedTo),
    upToDate: page.scannedTo >= fanOut.tail.head,
    ...(oldest && older && older.publications.length > 0 && { previous: toId(lineage, oldest.offset) }),
  };
}

/** A piece of a topic's history, after an id or from the oldest held. See `Hub.history`. @throws TidingsError `store_failed` and its kin */
export async function readHistory(
  { lineage, fanOut }: Engine,
  store: Store,
  topic: string,
  limit: number,
  id: string | undefined,
): Promise<History> {
  const place = id === undefined ? undefined : resolvePosition(id, lineage, fanOut.tail.head);
  const after = place?.after ?? 0;
  const filter = { topics: [topic], patterns: [] };
  const page = await store.read({ after, filter, limit, maxBytes: HISTORY_BYTES });
  const reason = place?.known === false ? place.reason : place && page.trimmedTo > after ? "trimmed" : undefined;
  return {
    events: page.publications.map((publication) => toHistoryEvent(publication, toId(lineage, publication.offset))),
    next: toId(lineage, Math.max(after, page.scannedTo)),
    upToDate: page.scannedTo >= fanOut.tail.head,
    ...(reason !== undefined && {
      gap: { reason, after: id as string, resumesAt: toId(lineage, Math.max(after, page.trimmedTo)) } satisfies Gap,
    }),
  };
}

function toHistoryEvent({ topic, event, data, time, end }: Publication, id: string): HistoryEvent {
  return {
    id,
    topic,
    ...(event !== undefined && { event }),
    ...(data !== undefined && { data }),
    time,
    ...(end && { end }),
  };
}
