import { formatNumber } from "../parts/format.ts";

/** How often something happened, by its reason, the most frequent first. */
export function Reasons({
  title,
  none,
  counts,
}: {
  title: string;
  none: string;
  counts: Readonly<Record<string, number>>;
}) {
  const rows = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  const most = rows[0]?.[1] ?? 1;
  return (
    <section className="reasons card" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <small>since the start</small>
      </header>
      {rows.length === 0 && <p className="reasons-none">{none}</p>}
      <dl>
        {rows.map(([reason, count]) => (
          <div key={reason}>
            <dt>{reason}</dt>
            <dd>{formatNumber(count)}</dd>
            <meter min={0} max={most} value={count} aria-hidden="true" />
          </div>
        ))}
      </dl>
    </section>
  );
}
