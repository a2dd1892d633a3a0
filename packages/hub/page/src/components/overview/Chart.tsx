import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Sample, Series } from "../../model/stats.ts";

/** Seconds that a chart shows at least: it holds still for the first minute, and then draws closer. */
const SHORTEST = 60;

/** What a chart shows, and how. */
export interface ChartProps {
  readonly samples: readonly Sample[];
  readonly series: Series;
  readonly format: (value: number) => string;
  /** With a scale and a grid, or the line alone. */
  readonly detailed?: boolean;
  /** The second that is pointed at, in all charts at once; undefined: none. */
  readonly onPoint: (at: number | undefined) => void;
}

/** The last minutes of one figure. It takes its colours off the page once: with another theme it is another chart. */
export function Chart({ samples, series, format, detailed = false, onPoint }: ChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);

  useEffect(() => {
    const element = holder.current as HTMLDivElement;
    const chart = new uPlot(toOptions(element, { format, detailed, onPoint }), [[], []], element);
    plot.current = chart;
    const resized = new ResizeObserver(() => chart.setSize(sizeOf(element)));
    resized.observe(element);
    return () => {
      resized.disconnect();
      chart.destroy();
    };
  }, [detailed, format, onPoint]);

  useEffect(() => {
    plot.current?.setData([samples.map(({ time }) => time / 1000), samples.map((sample) => sample[series])]);
  }, [samples, series]);

  return <div className="chart" data-detailed={detailed || undefined} ref={holder} aria-hidden="true" />;
}

function toOptions(
  element: HTMLElement,
  { format, detailed, onPoint }: Pick<ChartProps, "format" | "onPoint"> & { detailed: boolean },
): uPlot.Options {
  // A canvas knows no variables, but what an element has made of them.
  const { color, borderTopColor: grid, caretColor: text, fontFamily } = getComputedStyle(element);
  const font = `11px ${fontFamily}`;
  return {
    ...sizeOf(element),
    padding: [8, 0, detailed ? 8 : 2, 0],
    legend: { show: false },
    cursor: {
      sync: { key: "overview" },
      y: false,
      drag: { x: false, y: false },
      points: { size: 7, width: 0, fill: color },
    },
    scales: {
      x: { time: false, range: (_, min, max) => [Math.min(min, max - SHORTEST), max] },
      y: { range: (_, __, max) => [0, toTop(max)] },
    },
    axes: [
      { show: false },
      {
        show: detailed,
        side: 1,
        // As wide as the longest of its numbers.
        size: (_, values) => 10 + 7 * Math.max(1, ...(values ?? []).map(({ length }) => length)),
        gap: 6,
        font,
        stroke: text,
        grid: { stroke: grid, width: 1 },
        ticks: { show: false },
        splits: (_, __, ___, max) => [0, max / 2, max],
        values: (_, splits) => splits.map((split) => (Number.isInteger(split) || split > 10 ? format(split) : "")),
      },
    ],
    series: [
      {},
      {
        stroke: color,
        width: 1.6,
        fill: color.replace("rgb(", "rgba(").replace(")", ", 0.1)"),
        points: { show: false },
        spanGaps: false,
      },
    ],
    hooks: {
      setCursor: [({ cursor: { idx, left = -1 } }) => onPoint(left < 0 || idx == null ? undefined : idx)],
    },
  };
}

/** A round number above `max`, so that a scale does not move with every second. */
function toTop(max: number | null): number {
  if (max === null || max <= 0) return 4;
  const unit = 10 ** Math.floor(Math.log10(max));
  const step = [1, 2, 4, 6, 8, 10].find((factor) => max * 1.05 <= factor * unit) ?? 12;
  return Math.max(4, step * unit);
}

function sizeOf(element: HTMLElement): { width: number; height: number } {
  return { width: element.clientWidth, height: element.clientHeight };
}
