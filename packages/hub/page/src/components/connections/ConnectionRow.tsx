import type { ConnectionSummary } from "../../model/api.ts";
import { toHref } from "../../model/router.ts";
import { formatBytes, formatCount, formatDuration } from "../parts/format.ts";
import { TopicName } from "../parts/TopicName.tsx";

/** Topics of a connection that a row names; the others are counted. */
const NAMED = 2;

/** One reader, and how far it has come. */
export function ConnectionRow(props: {
  connection: ConnectionSummary;
  now: number;
  onKick: (connection: ConnectionSummary) => void;
}) {
  const { connection, now, onKick } = props;
  const { id, subject, address, topics, state, since, lag, buffered, position, transport } = connection;
  const isBehind = lag !== undefined && lag > 0;
  return (
    <div className="connection-row connection-grid">
      <span className="cell-reader" title={`Connection ${id}`}>
        <b data-anonymous={subject === undefined || undefined}>{subject ?? "anonymous"}</b>
        <small>{address ?? id}</small>
      </span>
      <span className="cell-topics" title={topics.join("\n")}>
        {topics.slice(0, NAMED).map((topic, at) => (
          <span key={topic}>
            <a href={toHref({ screen: "topic", name: topic, view: "live" })}>
              <TopicName topic={topic} />
            </a>
            {at === NAMED - 1 && topics.length > NAMED && <small>{`+${topics.length - NAMED}`}</small>}
          </span>
        ))}
      </span>
      <span className="state" data-state={state}>
        {state}
      </span>
      <time className="cell-number" data-label="Age" title={`Since ${new Date(since).toLocaleString()}`}>
        {formatDuration(Math.max(0, now - since) / 1000)}
      </time>
      <span className="cell-number" data-label="Lag" data-behind={isBehind || undefined}>
        {lag === undefined ? "–" : formatCount(lag)}
      </span>
      <span className="cell-number" data-label="Buffered" data-behind={buffered > 0 || undefined}>
        {formatBytes(buffered)}
      </span>
      <code className="cell-position" data-label="Position" title={position}>
        {position}
      </code>
      <span className="cell-transport" data-label="Transport">
        {transport ?? "–"}
      </span>
      <button
        type="button"
        className="quiet small"
        aria-label={`Kick ${subject ?? id}`}
        onClick={() => onKick(connection)}
      >
        Kick…
      </button>
    </div>
  );
}
