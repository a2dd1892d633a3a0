import type { Publication, Store } from "../ports/store.ts";
import { resolvePosition, toId } from "../positions.ts";
import type { Engine } from "./engine.ts";
import type { Gap, History, HistoryEvent } from "./types.ts";

/** Bytes of data that one page of `hub.history` has at most. */
const HISTORY_BYTES = 4 * 1024 * 1024;

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
