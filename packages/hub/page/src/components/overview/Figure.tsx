import type { Sample, Series } from "../../model/stats.ts";
import { formatClock } from "../parts/format.ts";
import { usePage, useReadable } from "../parts/use-page.ts";
import { Chart } from "./Chart.tsx";

/** A figure: what it is now, or was at the second that is pointed at, and its last minutes. */
export interface FigureProps {
  readonly label: string;
  /** What it means, in a sentence. */
  readonly title: string;
  readonly series: Series;
  readonly samples: readonly Sample[];
  readonly format: (value: number) => string;
  readonly unit?: string;
  /** Behind the label, in small. */
  readonly aside?: string | undefined;
  readonly large?: boolean;
  /** Where there is more about it. */
  readonly href?: string;
  readonly pointed: number | undefined;
  readonly onPoint: (at: number | undefined) => void;
}

/** One card of the overview. */
export function Figure({
  label,
  title,
  series,
  samples,
  format,
  unit,
  aside,
  large = false,
  href,
  pointed,
  onPoint,
}: FigureProps) {
  const sample = pointed === undefined ? samples.at(-1) : samples[pointed];
  const isDark = useReadable(usePage().theme.isDark);
  const value = sample?.[series];
  return (
    <section className="figure card" data-large={large || undefined} aria-label={label}>
      <header>
        <h2 title={title}>{href === undefined ? label : <a href={href}>{label}</a>}</h2>
        <small>{pointed !== undefined && sample !== undefined ? formatClock(sample.time) : aside}</small>
      </header>
      <p className="figure-value">
        {value === undefined || value === null ? "–" : format(value)}
        {unit !== undefined && <span>{unit}</span>}
      </p>
      <Chart
        key={String(isDark)}
        samples={samples}
        series={series}
        format={format}
        detailed={large}
        onPoint={onPoint}
      />
    </section>
  );
}
