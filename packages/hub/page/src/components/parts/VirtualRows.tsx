import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useRef } from "react";

/** A list of which only what is seen is in the document. */
export interface VirtualRowsProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  /** Pixels; the same for all. */
  readonly height: number;
  readonly toKey: (row: Row) => string;
  readonly children: (row: Row, isScrolling: boolean) => ReactNode;
  /** Above the rows, and scrolled away with them. */
  readonly head?: ReactNode;
}

/** Rows of one height. The arrow keys go from one to the next. */
export function VirtualRows<Row>({ label, rows, height, toKey, children, head }: VirtualRowsProps<Row>) {
  const scroller = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    getItemKey: (at) => toKey(rows[at] as Row),
    overscan: 6,
  });

  function move(event: KeyboardEvent): void {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const item = (event.target as HTMLElement).closest("li");
    if (step === 0 || item === null) return;
    event.preventDefault();
    // In the document they stand in the order in which they came into sight.
    const next = scroller.current?.querySelector(`li[data-index="${Number(item.dataset.index) + step}"]`);
    next?.querySelector<HTMLElement>("a, button")?.focus();
  }

  return (
    <section className="virtual" aria-label={label} ref={scroller} onKeyDown={move}>
      {head}
      <ul style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ key, index, start }) => (
          <li key={key} data-index={index} style={{ height, transform: `translateY(${start}px)` }}>
            {children(rows[index] as Row, virtual.isScrolling)}
          </li>
        ))}
      </ul>
    </section>
  );
}
