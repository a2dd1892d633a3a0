import { useTopic } from "@tidings/react";
import { useState } from "react";
import type { TopicSummary } from "../../model/api.ts";
import { addToPulse, NO_PULSE, type Pulse, rateOf } from "../../model/pulse.ts";
import { toHref } from "../../model/router.ts";
import { formatAge, formatBytes, formatCount, formatNumber, formatRate } from "../parts/format.ts";
import { TopicName } from "../parts/TopicName.tsx";

/** Characters of a value that a row could show at most. */
const PREVIEW = 300;

/** A topic: what it holds, and, as it comes, its newest value and how often there is one. */
export function TopicRow({ summary, now, isScrolling }: { summary: TopicSummary; now: number; isScrolling: boolean }) {
  const { topic, count, bytes, readers, ended, lastTime } = summary;
  // Rows that fly by are not listened to: each would be another connection.
  const [listens, setListens] = useState(!isScrolling);
  if (!isScrolling && !listens) setListens(true);
  const pulse = useTopic<string, Pulse>(listens ? topic : null, {
    last: 1,
    initial: NO_PULSE,
    reduce: (before, { data }) => addToPulse(before, data, Date.now()),
  });
  const rate = rateOf(pulse, Date.now());
  const age = lastTime === undefined ? "–" : formatAge(lastTime, now);

  return (
    <div className="topic-row topic-grid">
      <span className="cell-topic">
        <a href={toHref({ screen: "topic", name: topic, view: "live" })}>
          <TopicName topic={topic} />
        </a>
        {ended && <span className="badge">ended</span>}
      </span>
      <code className="cell-value">{pulse.data?.slice(0, PREVIEW)}</code>
      <span className="cell-rate" data-label="Rate" data-quiet={rate === 0 || undefined}>
        {rate === 0 ? "–" : `${formatRate(rate)}/s`}
      </span>
      <span className="cell-number" data-label="Readers">
        {formatCount(readers)}
      </span>
      <span className="cell-number" data-label="Held" title={`${formatNumber(count)} events held`}>
        {formatCount(count)}
      </span>
      <span className="cell-number cell-size" data-label="Size">
        {formatBytes(bytes)}
      </span>
      <time
        className="cell-age"
        data-fresh={age === "now" || undefined}
        title={lastTime === undefined ? undefined : new Date(lastTime).toLocaleString()}
      >
        {age}
      </time>
    </div>
  );
}
