import { type KeyboardEvent, useEffect, useState } from "react";
import { toHref } from "../../model/router.ts";
import { orderTopics, searchTopics, type TopicOrder } from "../../model/topic-order.ts";
import { EVERY_TOPIC, isPattern } from "../../model/topics.ts";
import { formatNumber } from "../parts/format.ts";
import { SearchBox } from "../parts/SearchBox.tsx";
import { usePage, useReadable } from "../parts/use-page.ts";
import { VirtualRows } from "../parts/VirtualRows.tsx";
import "./topics.css";
import { NoTopics } from "./NoTopics.tsx";
import { TopicRow } from "./TopicRow.tsx";

/** The columns, and what a list can be ordered by. */
const COLUMNS: readonly { order?: TopicOrder; label: string }[] = [
  { order: "topic", label: "Topic" },
  { label: "Last value" },
  { label: "Rate" },
  { order: "readers", label: "Readers" },
  { order: "count", label: "Held" },
  { order: "bytes", label: "Size" },
  { order: "lastTime", label: "Last" },
];

/** All topics that the hub knows. */
export default function Topics() {
  const page = usePage();
  const { value, at, fault } = useReadable(page.topics);
  const [search, setSearch] = useState(value?.search ?? "");
  const [order, setOrder] = useState<TopicOrder>("topic");
  const wanted = search.trim();
  useEffect(() => page.topics.search(wanted), [page, wanted]);

  const listing = value?.listing;
  const found = orderTopics(searchTopics(listing?.topics ?? [], wanted), order);
  const first = isPattern(wanted) ? wanted : found[0]?.topic;

  function open(event: KeyboardEvent): void {
    if (event.key === "Enter" && first !== undefined)
      location.hash = toHref({ screen: "topic", name: first, view: "live" });
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    document.querySelector<HTMLElement>(".virtual li a")?.focus();
  }

  return (
    <main className="screen topics">
      <header className="screen-head">
        <h1>Topics</h1>
        <p className="screen-facts">
          {listing && (
            <span>
              <b>{`${formatNumber(found.length)}${listing.truncated ? "+" : ""}`}</b>{" "}
              {wanted === "" ? "in all" : "found"}
            </span>
          )}
          {fault !== undefined && <span className="fault">{fault}</span>}
        </p>
        <SearchBox
          label="Search topics, or give a pattern such as orders/**"
          placeholder="Search, or orders/**"
          value={search}
          onChange={setSearch}
          onKeyDown={open}
        />
        <a className="button" href={toHref({ screen: "topic", name: EVERY_TOPIC, view: "live" })}>
          Tail all topics
        </a>
      </header>
      <div className="card table">
        {isPattern(wanted) && (
          <a className="listen-to" href={toHref({ screen: "topic", name: wanted, view: "live" })}>
            Listen to <code>{wanted}</code>
          </a>
        )}
        {found.length > 0 ? (
          <VirtualRows
            label="Topics"
            rows={found}
            height={46}
            toKey={({ topic }) => topic}
            head={<Columns order={order} onOrder={setOrder} />}
          >
            {(summary, isScrolling) => <TopicRow summary={summary} now={at} isScrolling={isScrolling} />}
          </VirtualRows>
        ) : (
          listing !== undefined && <NoTopics search={wanted} />
        )}
        {listing?.truncated && <p className="table-note">There are more. Search to see others.</p>}
      </div>
    </main>
  );
}

function Columns({ order, onOrder }: { order: TopicOrder; onOrder: (order: TopicOrder) => void }) {
  return (
    <div className="columns topic-grid">
      {COLUMNS.map(({ order: by, label }) =>
        by === undefined ? (
          <span key={label}>{label}</span>
        ) : (
          <button key={label} type="button" aria-pressed={by === order} onClick={() => onOrder(by)}>
            {label}
          </button>
        ),
      )}
    </div>
  );
}
