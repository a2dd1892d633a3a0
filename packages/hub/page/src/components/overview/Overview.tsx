import { useState } from "react";
import type { Holdings } from "../../model/holdings.ts";
import type { StatsView } from "../../model/stats.ts";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMilliseconds,
  formatNumber,
  formatRate,
} from "../parts/format.ts";
import { usePage, useReadable } from "../parts/use-page.ts";
import "./overview.css";
import { Figure } from "./Figure.tsx";
import { FirstSteps } from "./FirstSteps.tsx";
import { Reasons } from "./Reasons.tsx";
import { useHoldings } from "./use-holdings.ts";

/** How the hub does, now and in the last five minutes. */
export default function Overview() {
  const { latest, samples } = useReadable(usePage().stats);
  const holdings = useHoldings();
  const [pointed, setPointed] = useState<number>();
  const shared = { samples, pointed, onPoint: setPointed };

  return (
    <main className="screen overview">
      <header className="screen-head">
        <h1>Overview</h1>
        <p className="screen-facts">
          {latest && (
            <>
              <span>
                up <b>{formatDuration(latest.uptime)}</b>
              </span>
              <span>
                <b>{formatNumber(latest.publications)}</b> published
              </span>
              <span>
                <b>{formatNumber(latest.deliveries)}</b> delivered
              </span>
              <span>Node {latest.node.replace(/^v/, "")}</span>
            </>
          )}
        </p>
      </header>
      {latest?.publications === 0 && holdings?.topics === 0 && <FirstSteps />}
      <div className="figures">
        <Figure
          {...shared}
          large
          label="Connections"
          href="#/connections"
          title="Readers that are connected"
          series="connections"
          format={formatCount}
          aside={toCatchingUp(latest)}
        />
        <Figure
          {...shared}
          large
          label="Publications"
          href="#/topics"
          title="Events that the hub has taken in the last second"
          series="publications"
          format={formatRate}
          unit="/s"
        />
        <Figure
          {...shared}
          large
          label="Deliveries"
          title="Events that were sent, counted once for each reader"
          series="deliveries"
          format={formatRate}
          unit="/s"
        />
      </div>
      <div className="figures figures-small">
        <Figure
          {...shared}
          label="Lag"
          title="Publications that the reader furthest behind still has to get"
          series="lag"
          format={formatCount}
          aside={latest && latest.buffered > 0 ? `${formatBytes(latest.buffered)} buffered` : undefined}
        />
        <Figure
          {...shared}
          label="Sent"
          title="Bytes that were written to readers in the last second"
          series="bytesOut"
          format={formatBytes}
          unit="/s"
        />
        <Figure
          {...shared}
          label="Event loop"
          title="What the hub's event loop was late by, the slowest hundredth of the last second"
          series="eventLoop"
          format={formatMilliseconds}
          aside="p99"
        />
        <Figure
          {...shared}
          label="Memory"
          title="Resident memory of the hub's process"
          series="memory"
          format={formatBytes}
          aside={latest && `heap ${formatBytes(latest.memory.heapUsed)}`}
        />
        <Figure
          {...shared}
          label="Store"
          title="What the history takes"
          series="store"
          format={formatBytes}
          aside={holdings && toHeld(holdings)}
        />
      </div>
      {latest && (
        <div className="figures figures-wide">
          <Reasons title="Disconnects" none="Nobody has left yet." counts={latest.disconnects} />
          <Reasons title="Gaps told" none="None: whoever came back got all that was missed." counts={latest.gaps} />
        </div>
      )}
    </main>
  );
}

function toCatchingUp(latest: StatsView["latest"]): string | undefined {
  if (latest === undefined || latest.connections.catchingUp === 0) return undefined;
  return `${formatCount(latest.connections.catchingUp)} catching up`;
}

function toHeld({ publications, truncated }: Holdings): string {
  return `${formatCount(publications)}${truncated ? "+" : ""} ${publications === 1 ? "event" : "events"}`;
}
