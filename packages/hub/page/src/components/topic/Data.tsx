import { type CSSProperties, useMemo } from "react";
import { type Line as FormattedLine, formatData } from "../../model/format-data.ts";
import { formatNumber } from "../parts/format.ts";

/** Lines shown of data that is not opened. One more is shown rather than announced. */
const LINES = 8;

/** Data laid out and coloured, its first lines only until opened. */
export function Data({ data, open, onOpen }: { data: string; open: boolean; onOpen: () => void }) {
  const { lines, omitted } = useMemo(() => formatData(data), [data]);
  const whole = open || lines.length <= LINES + 1;
  return (
    <div className="data">
      <pre>
        {data === "" && <span className="data-empty">empty</span>}
        {(whole ? lines : lines.slice(0, LINES)).map((line, at) => (
          // Lines and tokens of one data never move, so their place is their identity.
          <Line key={at} line={line} />
        ))}
      </pre>
      {!whole && (
        <button type="button" className="link" onClick={onOpen}>
          {`${formatNumber(lines.length - LINES)} more lines`}
        </button>
      )}
      {omitted > 0 && <p className="data-omitted">{`and ${formatNumber(omitted)} more characters`}</p>}
    </div>
  );
}

function Line({ line: { depth, tokens } }: { line: FormattedLine }) {
  return (
    <span
      className="data-line"
      data-plain={tokens[0]?.kind === "text" || undefined}
      style={{ "--depth": depth } as CSSProperties}
    >
      {tokens.map(({ kind, text }, at) => (
        <span key={at} data-token={kind}>
          {text}
        </span>
      ))}
    </span>
  );
}
