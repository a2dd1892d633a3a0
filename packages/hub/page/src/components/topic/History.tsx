import { useCallback, useEffect, useState } from "react";
import type { HistoryPage } from "../../model/api.ts";
import type { TailRow } from "../../model/tail-rows.ts";
import { formatNumber } from "../parts/format.ts";
import { usePage } from "../parts/use-page.ts";
import { EventList } from "./EventList.tsx";

/** Events on a page. */
const PAGE = 100;

/** Which end a reader began at. */
type Order = "newest" | "oldest";

/** A page of history, by how it was come to. */
interface Place {
  readonly order: Order;
  /** Where each of the pages so far began, this one last; empty: at the end of the history. */
  readonly path: readonly string[];
}

/** What a topic holds, a page at a time, from its newest or its oldest event on. */
export function History({ topic }: { topic: string }) {
  const { api } = usePage();
  const [place, setPlace] = useState<Place>({ order: "newest", path: [""] });
  /** The last that was read: it stays, with what is said of it, until the next one is there. */
  const [shown, setShown] = useState<Place & { page: HistoryPage }>();
  const [fault, setFault] = useState<string>();

  const read = useCallback(
    async (isWanted: () => boolean) => {
      const from = place.path.at(-1) || undefined;
      try {
        const page = await api.readHistory(
          topic,
          place.order === "newest" ? { last: PAGE, before: from } : { limit: PAGE, after: from },
        );
        if (!isWanted()) return;
        setShown({ ...place, page });
        setFault(undefined);
      } catch (error) {
        if (isWanted()) setFault(error instanceof Error ? error.message : String(error));
      }
    },
    [api, topic, place],
  );
  useEffect(() => {
    let wanted = true;
    void read(() => wanted);
    return () => {
      wanted = false;
    };
  }, [read]);

  const { order, path, page } = shown ?? { ...place, page: undefined };
  const events = order === "newest" ? (page?.events ?? []).toReversed() : (page?.events ?? []);
  const next = page && (order === "newest" ? page.previous : page.upToDate ? undefined : page.next);
  const passed = (path.length - 1) * PAGE;
  return (
    <section className="history card" aria-label="History">
      <div className="tail-tools">
        <p className="history-range">
          {events.length > 0 && (
            <>
              <b>{`${formatNumber(passed + 1)}–${formatNumber(passed + events.length)}`}</b> {order} first
            </>
          )}
        </p>
        {(["newest", "oldest"] as const).map((at) => (
          <button
            type="button"
            className="quiet"
            key={at}
            aria-pressed={place.order === at}
            onClick={() => setPlace({ order: at, path: [""] })}
          >
            {at === "newest" ? "Newest" : "Oldest"}
          </button>
        ))}
        <button
          type="button"
          className="quiet"
          onClick={() => setPlace({ order, path: path.slice(0, -1) })}
          disabled={path.length === 1}
        >
          Previous
        </button>
        <button
          type="button"
          className="quiet"
          onClick={() => next !== undefined && setPlace({ order, path: [...path, next] })}
          disabled={next === undefined}
        >
          Next
        </button>
        <button type="button" className="quiet" onClick={() => void read(() => true)}>
          Reload
        </button>
      </div>
      <div className="notice" data-tone={fault === undefined ? undefined : "bad"}>
        <span role={fault === undefined ? undefined : "alert"}>{fault ?? toHint(page, next !== undefined)}</span>
      </div>
      <div className="tail-body">
        {page !== undefined && events.length === 0 && (
          <div className="empty">
            <h2>Nothing is held</h2>
            <p>What is published to {topic} from now on is kept here, as long as the hub’s retention says.</p>
          </div>
        )}
        {events.length > 0 && (
          <EventList
            key={`${order} ${path.at(-1)}`}
            rows={events.map((event, at) => toRow(topic, event, at))}
            oneTopic
            pretty
          />
        )}
      </div>
    </section>
  );
}

function toRow(topic: string, { id, time, event, data }: HistoryPage["events"][number], key: number): TailRow {
  return { kind: "event", key, id, topic, event: event ?? "message", data, time };
}

function toHint(page: HistoryPage | undefined, hasNext: boolean): string {
  if (page === undefined) return "Reading.";
  if (page.gap !== undefined) return "What came before this page is no longer held.";
  return hasNext ? "There is more: the next page follows this one." : "The end of what is held.";
}
