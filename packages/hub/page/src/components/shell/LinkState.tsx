import { usePage, useReadable } from "../parts/use-page.ts";

const PHASES = {
  connecting: "Connecting",
  "catching-up": "Connecting",
  live: "Connected",
  waiting: "Trying again",
  offline: "Offline",
  ended: "Stopped",
  refused: "Stopped",
} as const;

/** Whether the hub is there, and which one it is. */
export function LinkState() {
  const page = usePage();
  const phase = useReadable(page.link);
  const { latest } = useReadable(page.stats);
  return (
    <div className="link-state">
      <p className="phase" data-phase={phase} role="status">
        {PHASES[phase]}
      </p>
      <p className="hub-name" title={page.root}>
        {new URL(page.root).host}
        <span>{latest === undefined ? " " : `v${latest.version} · ${latest.store.kind}`}</span>
      </p>
    </div>
  );
}
