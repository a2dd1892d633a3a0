import { useEffect, useState } from "react";
import { createInspection } from "../../model/inspection.ts";
import { CopyButton } from "../parts/CopyButton.tsx";
import { formatBytes, formatNumber } from "../parts/format.ts";
import { usePage, useReadable } from "../parts/use-page.ts";
import "../topic/tail.css";
import "./inspector.css";
import { InspectorForm } from "./InspectorForm.tsx";
import { RawLines } from "./RawLines.tsx";

const PHASES = {
  idle: "Not connected",
  asking: "Connecting",
  open: "Open",
  closed: "Closed",
  refused: "Refused",
  cut: "Cut",
} as const;

/** A stream as it comes over the wire: browsers’ own tools show nothing of a stream that is read by fetch. */
export default function Inspector({ name }: { name: string }) {
  const { root, entrance } = usePage();
  const [inspection] = useState(() => createInspection(root, entrance.headers));
  const { phase, path, status, headers, lines, bytes, chunks, dropped } = useReadable(inspection);
  const [paused, setPaused] = useState(false);
  useEffect(() => inspection.hold(paused), [inspection, paused]);
  useEffect(() => inspection.stop, [inspection]);
  const isOpen = phase === "asking" || phase === "open";

  return (
    <main className="screen inspector">
      <header className="screen-head">
        <h1>Inspector</h1>
        <p className="screen-facts">
          <span>A stream, byte for byte</span>
        </p>
      </header>
      <InspectorForm name={name} isOpen={isOpen} onStart={inspection.start} onStop={inspection.stop} />
      <section className="card raw" aria-label="The stream">
        <div className="tail-tools">
          <p className="phase" data-phase={phase} role="status">
            {PHASES[phase]}
          </p>
          <span className="tail-rate">
            {bytes > 0 &&
              `${formatBytes(bytes)} in ${formatNumber(chunks)} ${chunks === 1 ? "piece" : "pieces"}${
                dropped > 0 ? `, ${formatNumber(dropped)} lines no longer shown` : ""
              }`}
          </span>
          <button
            type="button"
            className="quiet pause"
            data-shortcut="p"
            aria-pressed={paused}
            onClick={() => setPaused(!paused)}
          >
            {paused ? "Resume" : "Pause"}
          </button>
          <CopyButton text={() => lines.map(({ text, ending }) => text + ending).join("")} label="Copy raw" />
          <button type="button" className="quiet" onClick={inspection.clear} disabled={lines.length === 0}>
            Clear
          </button>
        </div>
        {phase !== "idle" && (
          <details className="raw-head">
            <summary>
              <code className="raw-target">GET /{path}</code>
              <b>{status}</b>
            </summary>
            <dl>
              {headers.map(([header, value]) => (
                <div key={header}>
                  <dt>{header}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          </details>
        )}
        <div className="tail-body">
          {lines.length > 0 ? (
            <RawLines lines={lines} />
          ) : (
            <div className="empty">
              <h2>{isOpen ? "Waiting for the first byte" : "What does the hub really send?"}</h2>
              <p>
                Name a topic or pattern above and connect. Every line shows up here with its line ending, ids, comments
                and heartbeats included, and what it means.
              </p>
            </div>
          )}
        </div>
      </section>
    </main>
  );
}
