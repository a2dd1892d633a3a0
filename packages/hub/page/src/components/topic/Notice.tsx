import type { StreamState } from "../../model/stream-state.ts";
import { TAIL_ROWS } from "../../model/tail-rows.ts";
import { formatEvents, formatNumber } from "../parts/format.ts";

/** What the notice is made of. */
export interface NoticeProps {
  readonly state: StreamState;
  readonly skipped: number;
  readonly paused: boolean;
  readonly reading: boolean;
  readonly filter: string;
  readonly onRestart: () => void;
}

/** One line that says what the list below shows, and what to do where it shows less than everything. */
export function Notice({ state, skipped, paused, reading, filter, onRestart }: NoticeProps) {
  if (state.phase === "refused") return <Line tone="bad" text={state.detail} action="Try again" onAction={onRestart} />;
  if (state.phase === "waiting")
    return <Line tone="warn" text="Cut off. Trying again shortly." action="Try now" onAction={onRestart} />;
  if (state.phase === "offline")
    return (
      <Line tone="warn" text="This machine is offline. Trying again shortly." action="Try now" onAction={onRestart} />
    );
  if (state.phase === "ended")
    return (
      <Line text="Nothing more will come: the hub has closed this stream." action="Listen again" onAction={onRestart} />
    );
  if (skipped > 0)
    return (
      <Line tone="warn" text={`Too fast to show them all: a sample. ${formatEvents(skipped)} left out of this list.`} />
    );
  if (paused) return <Line text="Paused. New events wait." />;
  if (reading) return <Line text="Scrolled down: new events wait." />;
  if (filter !== "") return <Line text="Newest first; only what the filter lets through." />;
  return <Line text={`Newest first, at most ${formatNumber(TAIL_ROWS)}.`} />;
}

interface LineProps {
  text: string;
  tone?: "warn" | "bad";
  action?: string;
  onAction?: () => void;
}

function Line({ text, tone, action, onAction }: LineProps) {
  return (
    <div className="notice" data-tone={tone}>
      <span role={tone === "bad" ? "alert" : undefined}>{text}</span>
      {action && (
        <button type="button" className="link" onClick={onAction}>
          {action}
        </button>
      )}
    </div>
  );
}
