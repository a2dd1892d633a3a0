import { useEffect, useRef, useState } from "react";
import { EVERY_TOPIC } from "../model/topics.ts";
import { EventRow } from "./EventRow.tsx";
import { formatEvents, formatNumber } from "./format.ts";
import { Notice } from "./Notice.tsx";
import { usePage, useReadable } from "./use-page.ts";
import { Welcome } from "./Welcome.tsx";

/** Pixels scrolled down that mean: someone is reading. */
const READING = 24;

/** What is being published, newest first. It holds still while paused, or scrolled down. */
export function Tail() {
  const page = usePage();
  const name = useReadable(page.selection);
  const { rows, waiting, rate } = useReadable(page.tail);
  const [paused, setPaused] = useState(false);
  const [reading, setReading] = useState(false);
  const scroller = useRef<HTMLDivElement>(null);

  useEffect(() => page.tail.hold(paused || reading), [page, paused, reading]);
  useEffect(() => {
    document.title = name === EVERY_TOPIC ? "Tidings" : `${name} · Tidings`;
    scroller.current?.scrollTo(0, 0);
  }, [name]);

  function showNewest(): void {
    setPaused(false);
    scroller.current?.scrollTo(0, 0);
  }

  return (
    <main className="tail panel">
      <div className="panel-head">
        <h2 className="tail-title">{name === EVERY_TOPIC ? "All topics" : name}</h2>
        <span className="panel-count tail-rate">{rate > 0 && `${formatNumber(rate)}/s`}</span>
        <button type="button" className="quiet pause" aria-pressed={paused} onClick={() => setPaused(!paused)}>
          {paused ? "Resume" : "Pause"}
        </button>
        <button type="button" className="quiet" onClick={page.tail.clear} disabled={rows.length + waiting === 0}>
          Clear
        </button>
      </div>
      <Notice paused={paused} reading={reading} />
      <div className="tail-body">
        {(paused || reading) && waiting > 0 && (
          <button type="button" className="newer" onClick={showNewest}>
            {`${formatEvents(waiting)} waiting`}
          </button>
        )}
        <section
          className="tail-scroll"
          aria-label="Events, newest first"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
          ref={scroller}
          onScroll={(event) => setReading(event.currentTarget.scrollTop > READING)}
        >
          {rows.length === 0 ? (
            <Welcome />
          ) : (
            <ol className="events" data-one-topic={!name.includes("*") || undefined}>
              {rows.map((row) =>
                row.kind === "event" ? (
                  <EventRow key={row.key} row={row} />
                ) : (
                  <li key={row.key} className="note" data-tone={row.tone}>
                    {row.text}
                  </li>
                ),
              )}
            </ol>
          )}
        </section>
      </div>
    </main>
  );
}
