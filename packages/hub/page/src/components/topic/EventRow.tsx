import { memo } from "react";
import type { EventRow as Row } from "../../model/tail-rows.ts";
import { CopyButton } from "../parts/CopyButton.tsx";
import { formatTime } from "../parts/format.ts";
import { Icon } from "../parts/Icon.tsx";
import { TopicName } from "../parts/TopicName.tsx";
import { Data } from "./Data.tsx";

/** What an event row takes. */
export interface EventRowProps {
  readonly row: Row;
  /** Laid out; else as it came, on one line. */
  readonly pretty: boolean;
  /** With its id and all of its data. */
  readonly open: boolean;
  readonly onToggle: (key: number) => void;
}

/** One event. */
export const EventRow = memo(function EventRow({ row, pretty, open, onToggle }: EventRowProps) {
  const { key, id, topic, event, data, time } = row;
  return (
    <article className="event-row">
      <time className="event-time" title={time === undefined ? "From history" : new Date(time).toLocaleString()}>
        {time === undefined ? "earlier" : formatTime(time, Date.now())}
      </time>
      <div className="event-names">
        <TopicName topic={topic} />
        <span className="event-name" title={event} data-default={event === "message" || undefined}>
          {event}
        </span>
      </div>
      {pretty || open ? (
        <Data data={data} open={open} onOpen={() => onToggle(key)} />
      ) : (
        <code className="data-flat">
          {data === "" ? <span className="data-empty">empty</span> : data.slice(0, 400)}
        </code>
      )}
      <button
        type="button"
        className="tool event-toggle"
        aria-expanded={open}
        aria-label="Details"
        title="Details"
        onClick={() => onToggle(key)}
      >
        <Icon name={open ? "close" : "more"} />
      </button>
      {open && (
        <div className="event-id">
          <span className="event-id-label">id</span>
          <code>{id}</code>
          <CopyButton text={id} label="Copy id" />
          <CopyButton text={data} label="Copy data" />
        </div>
      )}
    </article>
  );
});
