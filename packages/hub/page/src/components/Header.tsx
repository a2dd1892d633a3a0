import mark from "../mark.svg";
import { toSelectionHref } from "../model/selection.ts";
import { EVERY_TOPIC } from "../model/topics.ts";
import type { StreamState } from "../stream.ts";
import { formatNumber } from "./format.ts";
import { usePage, useReadable } from "./use-page.ts";

const PHASES: Record<StreamState["phase"], string> = {
  connecting: "Connecting",
  "catching-up": "Catching up",
  live: "Live",
  waiting: "Waiting",
  offline: "Offline",
  ended: "Ended",
  refused: "Stopped",
};

/** The name, the hub's counts, and how this page's own stream is doing. */
export function Header() {
  const page = usePage();
  const { phase } = useReadable(page.streamState);
  const { health } = useReadable(page.directory);
  return (
    <header className="header">
      <a className="brand" href={toSelectionHref(EVERY_TOPIC)} aria-label="Tidings: all topics">
        <img src={mark} alt="" width="28" height="28" />
        <span>Tidings</span>
      </a>
      <dl className="counts">
        <Count one="publication" many="publications" value={health?.publications} />
        <Count one="connection" many="connections" value={health?.connections} />
        <div className="hub-facts">
          <dt className="hidden">store and version</dt>
          <dd>{health && `${health.store} · v${health.version}`}</dd>
        </div>
      </dl>
      <p className="phase" data-phase={phase} role="status">
        {PHASES[phase]}
      </p>
    </header>
  );
}

function Count({ one, many, value }: { one: string; many: string; value: number | undefined }) {
  return (
    <div>
      <dt>{value === 1 ? one : many}</dt>
      <dd>{value === undefined ? "–" : formatNumber(value)}</dd>
    </div>
  );
}
