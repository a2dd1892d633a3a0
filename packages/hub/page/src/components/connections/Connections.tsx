import { useEffect, useState } from "react";
import type { ConnectionSummary } from "../../model/api.ts";
import { formatNumber } from "../parts/format.ts";
import { SearchBox } from "../parts/SearchBox.tsx";
import { usePage, useReadable } from "../parts/use-page.ts";
import { VirtualRows } from "../parts/VirtualRows.tsx";
import "./connections.css";
import { ConnectionRow } from "./ConnectionRow.tsx";
import { KickDialog } from "./KickDialog.tsx";
import { NoConnections } from "./NoConnections.tsx";

const COLUMNS = ["Reader", "Topics", "State", "Age", "Lag", "Buffered", "Position", "Transport", ""];

/** Who listens. */
export default function Connections({ search }: { search: string }) {
  const page = usePage();
  const { value, at, fault } = useReadable(page.connections);
  const [kicking, setKicking] = useState<ConnectionSummary>();
  const wanted = search.trim();
  useEffect(() => page.connections.search(wanted), [page, wanted]);

  const listing = value?.listing;
  const rows = listing?.connections ?? [];

  return (
    <main className="screen connections">
      <header className="screen-head">
        <h1>Connections</h1>
        <p className="screen-facts">
          {listing && (
            <span>
              <b>{`${formatNumber(rows.length)}${listing.truncated ? "+" : ""}`}</b> {wanted === "" ? "open" : "found"}
            </span>
          )}
          {fault !== undefined && <span className="fault">{fault}</span>}
        </p>
        <SearchBox
          label="Search connections by subject, address, topic or id"
          placeholder="Subject, address, topic"
          value={search}
          onChange={(text) => page.router.replace({ screen: "connections", search: text })}
        />
      </header>
      <div className="card table">
        {rows.length > 0 ? (
          <VirtualRows
            label="Connections"
            rows={rows}
            height={48}
            toKey={({ id }) => id}
            head={
              <div className="columns connection-grid">
                {COLUMNS.map((label) => (
                  <span key={label}>{label}</span>
                ))}
              </div>
            }
          >
            {(connection) => <ConnectionRow connection={connection} now={at} onKick={setKicking} />}
          </VirtualRows>
        ) : (
          listing !== undefined && <NoConnections search={wanted} />
        )}
        {listing?.truncated && <p className="table-note">There are more. Search to see others.</p>}
      </div>
      {kicking && <KickDialog connection={kicking} onClose={() => setKicking(undefined)} />}
    </main>
  );
}
