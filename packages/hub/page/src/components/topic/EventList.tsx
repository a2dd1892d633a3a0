import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useRef, useState } from "react";
import type { TailRow } from "../../model/tail-rows.ts";
import { EventRow } from "./EventRow.tsx";

/** Pixels scrolled down that mean: someone is reading. */
const READING = 24;

/** Pixels of a row of one line. */
const ROW = 37;

/** Rows of a tail or of a page of history, of which only what is seen is in the document. */
export function EventList(props: {
  rows: readonly TailRow[];
  oneTopic: boolean;
  pretty: boolean;
  onReading?: (reading: boolean) => void;
}) {
  const { rows, oneTopic, pretty, onReading } = props;
  const scroller = useRef<HTMLElement>(null);
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  const toggle = useCallback(
    (key: number) => setOpened((before) => (before.has(key) ? without(before, key) : new Set([...before, key]))),
    [],
  );
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    getItemKey: (at) => rows[at]?.key ?? at,
    overscan: 4,
  });

  return (
    <section
      className="events-scroll"
      aria-label="Events"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      ref={scroller}
      onScroll={(event) => onReading?.(event.currentTarget.scrollTop > READING)}
    >
      <ol
        className="events"
        data-one-topic={oneTopic || undefined}
        data-pretty={pretty || undefined}
        style={{ height: virtual.getTotalSize() }}
      >
        {virtual.getVirtualItems().map(({ key, index, start }) => {
          const row = rows[index] as TailRow;
          return (
            <li
              key={key}
              data-index={index}
              ref={virtual.measureElement}
              className={row.kind}
              style={{ transform: `translateY(${start}px)` }}
            >
              {row.kind === "note" ? (
                <p data-tone={row.tone}>{row.text}</p>
              ) : (
                <EventRow row={row} pretty={pretty} open={opened.has(row.key)} onToggle={toggle} />
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}

function without(keys: ReadonlySet<number>, key: number): ReadonlySet<number> {
  return new Set([...keys].filter((each) => each !== key));
}
