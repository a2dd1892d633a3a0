import { memo, useState } from "react";
import type { EventRow as Row } from "../model/tail.ts";
import { CopyButton } from "./CopyButton.tsx";
import { Data } from "./Data.tsx";
import { formatTime } from "./format.ts";
import { TopicName } from "./TopicName.tsx";

/** One event. Opened, it shows its id and all of its data. */
export const EventRow = memo(function EventRow({ row }: { row: Row }) {
  const [open, setOpen] = useState(false);
  const { id, topic, event, data, time } = row;
  return (
    <li className="event">
      <time className="event-time" title={time === undefined ? "From history" : new Date(time).toLocaleString()}>
        {time === undefined ? "earlier" : formatTime(time, Date.now())}
      </time>
      <div className="event-names">
        <TopicName topic={topic} />
        <span className="event-name" title={event} data-default={event === "message" || undefined}>
          {event}
        </span>
      </div>
      <Data data={data} open={open} onOpen={() => setOpen(true)} />
      <button
        type="button"
        className="icon event-toggle"
        aria-expanded={open}
        aria-label="Details"
        title="Details"
        onClick={() => setOpen(!open)}
      />
      {open && (
        <div className="event-id">
          <span className="event-id-label">id</span>
          <code>{id}</code>
          <CopyButton text={id} label="Copy id" />
          <CopyButton text={data} label="Copy data" />
        </div>
      )}
    </li>
  );
});
