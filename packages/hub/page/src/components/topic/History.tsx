import { useCallback, useEffect, useState } from "react";
import type { HistoryPage } from "../../model/api.ts";
import type { TailRow } from "../../model/tail-rows.ts";
import { formatNumber } from "../parts/format.ts";
import { usePage } from "../parts/use-page.ts";
import { EventList } from "./EventList.tsx";

/** Events on a page. */
const PAGE = 100;

/** What a topic holds, a page at a time, oldest first. */
export function History({ topic }: { topic: string }) {
  const { api } = usePage();
  /** The ids that the pages so far began after, this one last; empty: the oldest held. */
  const [path, setPath] = useState<readonly string[]>([""]);
  const [shown, setShown] = useState<HistoryPage>();
  const [fault, setFault] = useState<string>();
  const after = path.at(-1) ?? "";

  const read = useCallback(
    async (isWanted: () => boolean) => {
      try {
        const page = await api.readHistory(topic, { limit: PAGE, ...(after !== "" && { after }) });
        if (!isWanted()) return;
        setShown(page);
        setFault(undefined);
      } catch (error) {
        if (isWanted()) setFault(error instanceof Error ? error.message : String(error));
      }
    },
    [api, topic, after],
  );
  useEffect(() => {
    let wanted = true;
    void read(() => wanted);
    return () => {
      wanted = false;
    };
  }, [read]);

  const events = shown?.events ?? [];
  const from = (path.length - 1) * PAGE;
  return (
    <section className="history card" aria-label="History">
      <div className="tail-tools">
        <p className="history-range">
          {events.length > 0 && (
            <>
              <b>{`${formatNumber(from + 1)}–${formatNumber(from + events.length)}`}</b> oldest first
            </>
          )}
        </p>
        <button type="button" className="quiet" onClick={() => setPath([""])} disabled={path.length === 1}>
          Oldest
        </button>
        <button type="button" className="quiet" onClick={() => setPath(path.slice(0, -1))} disabled={path.length === 1}>
          Previous
        </button>
        <button
          type="button"
          className="quiet"
          onClick={() => shown && setPath([...path, shown.next])}
          disabled={shown === undefined || shown.upToDate}
        >
          Next
        </button>
        <button type="button" className="quiet" onClick={() => void read(() => true)}>
          Reload
        </button>
      </div>
      <div className="notice" data-tone={fault === undefined ? undefined : "bad"}>
        <span role={fault === undefined ? undefined : "alert"}>{fault ?? toHint(shown)}</span>
      </div>
      <div className="tail-body">
        {shown !== undefined && events.length === 0 && (
          <div className="empty">
            <h2>Nothing is held</h2>
            <p>What is published to {topic} from now on is kept here, as long as the hub’s retention says.</p>
          </div>
        )}
        {events.length > 0 && (
          <EventList key={after} rows={events.map((event, at) => toRow(topic, event, at))} oneTopic pretty />
        )}
      </div>
    </section>
  );
}

function toRow(topic: string, { id, time, event, data }: HistoryPage["events"][number], key: number): TailRow {
  return { kind: "event", key, id, topic, event: event ?? "message", data, time };
}

function toHint(page: HistoryPage | undefined): string {
  if (page === undefined) return "Reading.";
  if (page.gap !== undefined) return "What came before this page is no longer held.";
  return page.upToDate ? "The end of the history." : "There is more: the next page follows this one.";
}
