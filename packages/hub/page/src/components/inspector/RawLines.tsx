import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useLayoutEffect, useRef } from "react";
import type { RawLine } from "../../model/raw-stream.ts";
import { formatNumber } from "../parts/format.ts";

const ROW = 26;

/** Pixels from the end within which the list follows what comes. */
const FOLLOWS = 40;

const ENDINGS = { "\n": "LF", "\r\n": "CR LF", "\r": "CR", "": "" } as const;

/** C0 control characters by their code (ISO 646). */
const NAMES =
  "NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US".split(
    " ",
  );

/** Lines of a stream, oldest first; at its end, the list follows. */
export function RawLines({ lines }: { lines: readonly RawLine[] }) {
  const scroller = useRef<HTMLElement>(null);
  const follows = useRef(true);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    getItemKey: (at) => lines[at]?.key ?? at,
    overscan: 8,
  });

  // After every rendering: a line may turn out to be higher than it was taken for.
  useLayoutEffect(() => {
    const { current: element } = scroller;
    if (follows.current && element !== null) element.scrollTop = element.scrollHeight;
  });

  return (
    <section
      className="raw-scroll"
      aria-label="Lines of the stream"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      ref={scroller}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        follows.current = scrollHeight - scrollTop - clientHeight < FOLLOWS;
      }}
    >
      <ol className="raw-lines" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ key, index, start }) => (
          <li key={key} data-index={index} ref={virtual.measureElement} style={{ transform: `translateY(${start}px)` }}>
            <Line line={lines[index] as RawLine} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Line({ line: { at, kind, text, omitted, ending, note } }: { line: RawLine }) {
  const cut = kind === "comment" || kind === "blank" ? 0 : text.indexOf(":") + 1;
  return (
    <div className="raw-line" data-kind={kind}>
      <span className="raw-at">{`+${(at / 1000).toFixed(3)}`}</span>
      <code>
        {cut > 0 && <span className="raw-field">{toVisible(text.slice(0, cut))}</span>}
        {toVisible(text.slice(cut))}
        {omitted > 0 && <i>{`… ${formatNumber(omitted)} more bytes`}</i>}
        {ending !== "" && <i>{ENDINGS[ending]}</i>}
      </code>
      <span className="raw-note">{note}</span>
    </div>
  );
}

/** What one cannot see, by its name. */
function toVisible(text: string): ReactNode {
  const parts = text.split(/([\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff])/);
  if (parts.length === 1) return text;
  // Parts of one text never move, so their place is their identity.
  return parts.map((part, at) => (at % 2 === 0 ? part : <i key={at}>{toName(part)}</i>));
}

function toName(character: string): string {
  const code = character.charCodeAt(0);
  return NAMES[code] ?? (code === 0x7f ? "DEL" : `U+${code.toString(16).toUpperCase().padStart(4, "0")}`);
}
