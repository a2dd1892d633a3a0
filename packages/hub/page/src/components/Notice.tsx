import { TAIL_ROWS } from "../model/tail.ts";
import { formatEvents } from "./format.ts";
import { usePage, useReadable } from "./use-page.ts";

/** One line that says what the list below shows, and what to do where it shows less than everything. */
export function Notice({ paused, reading }: { paused: boolean; reading: boolean }) {
  const page = usePage();
  const state = useReadable(page.streamState);
  const { skipped } = useReadable(page.tail);

  if (state.phase === "refused") return <Line tone="bad" text={state.detail} action="Try again" />;
  if (state.phase === "waiting") return <Line tone="warn" text="Cut off. Trying again shortly." action="Try now" />;
  if (state.phase === "offline") {
    return <Line tone="warn" text="This machine is offline. Trying again shortly." action="Try now" />;
  }
  if (skipped > 0) {
    return <Line tone="warn" text={`Too fast to show them all: ${formatEvents(skipped)} left out of this list.`} />;
  }
  if (state.phase === "ended")
    return <Line text="This topic has ended: nothing more will come." action="Listen again" />;
  if (paused) return <Line text="Paused. New events wait." />;
  if (reading) return <Line text="Scrolled down: new events wait." />;
  return <Line text={`Newest first, at most ${TAIL_ROWS}.`} />;
}

function Line({ text, tone, action }: { text: string; tone?: "warn" | "bad"; action?: string }) {
  const page = usePage();
  return (
    <div className="notice" data-tone={tone}>
      <span role={tone === "bad" ? "alert" : undefined}>{text}</span>
      {action && (
        <button type="button" className="link" onClick={page.reconnect}>
          {action}
        </button>
      )}
    </div>
  );
}
