import { useCallback, useEffect, useRef, useState } from "react";
import type { StreamState } from "../../model/stream-state.ts";
import type { TailFeed } from "../../model/tail-feed.ts";
import { formatEvents, formatRate } from "../parts/format.ts";
import { useReadable } from "../parts/use-page.ts";
import { EventList } from "./EventList.tsx";
import { Notice } from "./Notice.tsx";
import { Quiet } from "./Quiet.tsx";
import { TailStream } from "./TailStream.tsx";

/** What is being published, newest first. It holds still while paused, or scrolled down. */
export function Tail({ feed, name, ended }: { feed: TailFeed; name: string; ended: boolean }) {
  const { tail } = feed;
  const { rows, waiting, rate, skipped } = useReadable(tail);
  const [paused, setPaused] = useState(false);
  const [reading, setReading] = useState(false);
  const [pretty, setPretty] = useState(true);
  const [filter, setFilter] = useState("");
  const [{ state, restart }, setStream] = useState<{ state: StreamState; restart: () => void }>({
    state: { phase: "connecting" },
    restart: () => {},
  });
  const onState = useCallback((state: StreamState, restart: () => void) => setStream({ state, restart }), []);

  useEffect(() => tail.hold(paused || reading), [tail, paused, reading]);
  useEffect(() => tail.filter(filter.trim()), [tail, filter]);

  // A topic that was forgotten begins anew, and so does listening to it.
  const wasEnded = useRef(ended);
  useEffect(() => {
    if (wasEnded.current && !ended && state.phase === "ended") restart();
    wasEnded.current = ended;
  }, [ended, state.phase, restart]);

  function showNewest(): void {
    setPaused(false);
    document.querySelector(".events-scroll")?.scrollTo(0, 0);
  }

  return (
    <section className="tail card" aria-label="Live events" data-phase={state.phase}>
      <TailStream feed={feed} name={name} onState={onState} />
      <div className="tail-tools">
        <p className="phase" data-phase={state.phase} role="status">
          {state.phase === "live" ? "Live" : PHASES[state.phase]}
        </p>
        <span className="tail-rate">{rate > 0 && `${formatRate(rate)}/s`}</span>
        <search className="search">
          <input
            type="search"
            data-shortcut="/"
            aria-label="Show events with this text alone"
            placeholder="Filter"
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
          <kbd>/</kbd>
        </search>
        <button type="button" className="quiet" aria-pressed={pretty} onClick={() => setPretty(!pretty)}>
          Pretty
        </button>
        <button
          type="button"
          className="quiet pause"
          data-shortcut="p"
          aria-pressed={paused}
          onClick={() => setPaused(!paused)}
        >
          {paused ? "Resume" : "Pause"}
        </button>
        <button type="button" className="quiet" onClick={tail.clear} disabled={rows.length + waiting === 0}>
          Clear
        </button>
      </div>
      <Notice
        state={state}
        skipped={skipped}
        paused={paused}
        reading={reading}
        filter={filter.trim()}
        onRestart={restart}
      />
      <div className="tail-body">
        {(paused || reading) && waiting > 0 && (
          <button type="button" className="newer" onClick={showNewest}>
            {`${formatEvents(waiting)} waiting`}
          </button>
        )}
        {rows.length === 0 ? (
          <Quiet name={name} state={state} ended={ended} filter={filter.trim()} />
        ) : (
          <EventList rows={rows} oneTopic={!name.includes("*")} pretty={pretty} onReading={setReading} />
        )}
      </div>
    </section>
  );
}

const PHASES: Record<StreamState["phase"], string> = {
  connecting: "Connecting",
  "catching-up": "Catching up",
  live: "Live",
  waiting: "Waiting",
  offline: "Offline",
  ended: "Ended",
  refused: "Stopped",
};
