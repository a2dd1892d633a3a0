import { useState } from "react";
import type { ConnectionSummary } from "../../model/api.ts";
import { Confirm } from "../parts/Confirm.tsx";
import { formatBytes, formatNumber } from "../parts/format.ts";
import { usePage } from "../parts/use-page.ts";

/** What becomes of a reader. */
type Way = "close" | "stop" | "bar";

/** How long a subject is kept out; empty: until its tokens have expired. */
const TERMS = [
  { term: "10m", label: "for 10 minutes" },
  { term: "1h", label: "for an hour" },
  { term: "24h", label: "for a day" },
  { term: "", label: "until its tokens expire" },
];

/** Asks how to close a connection: this one, or all of its subject. */
export function KickDialog({ connection, onClose }: { connection: ConnectionSummary; onClose: () => void }) {
  const { api, connections } = usePage();
  const { id, subject } = connection;
  const [way, setWay] = useState<Way>("close");
  const [term, setTerm] = useState("10m");

  async function kick(): Promise<void> {
    if (way === "bar" && subject !== undefined) await api.kick(subject, term === "" ? {} : { for: term });
    else await api.close(id, { reconnect: way === "close" });
    connections.refresh();
  }

  return (
    <Confirm title={`Kick ${subject ?? "this reader"}?`} action="Kick" onConfirm={kick} onClose={onClose}>
      <Facts connection={connection} />
      <fieldset className="choices">
        <legend className="hidden">How</legend>
        <Choice way="close" chosen={way} onChoose={setWay} title="Close the connection">
          It may come back, and goes on where it was.
        </Choice>
        <Choice way="stop" chosen={way} onChoose={setWay} title="Close it, and ask it to stay away">
          Tidings clients do; a plain <code>EventSource</code> comes back all the same.
        </Choice>
        {subject !== undefined && (
          <Choice way="bar" chosen={way} onChoose={setWay} title={`Keep ${subject} out`}>
            All its connections are closed, and it is not let in again{" "}
            <select aria-label="For how long" value={term} onChange={(event) => setTerm(event.target.value)}>
              {TERMS.map(({ term: value, label }) => (
                <option key={label} value={value}>
                  {label}
                </option>
              ))}
            </select>
            .
          </Choice>
        )}
      </fieldset>
    </Confirm>
  );
}

/** All that is known of it: what a narrow list leaves out too. */
function Facts({ connection }: { connection: ConnectionSummary }) {
  const { id, address, topics, since, state, position, lag, buffered, transport } = connection;
  const facts = [
    ["Connection", id],
    ["Address", address],
    ["Since", new Date(since).toLocaleString()],
    ["Topics", topics.join(", ")],
    ["State", `${state}, ${lag === undefined ? "" : `${formatNumber(lag)} behind, `}${formatBytes(buffered)} buffered`],
    ["Position", position],
    ["Transport", transport],
  ];
  return (
    <dl className="facts">
      {facts.map(
        ([name, value]) =>
          value !== undefined && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

function Choice(props: {
  way: Way;
  chosen: Way;
  onChoose: (way: Way) => void;
  title: string;
  children: React.ReactNode;
}) {
  const { way, chosen, onChoose, title, children } = props;
  return (
    <div className="choice">
      <input type="radio" name="way" id={`way-${way}`} checked={way === chosen} onChange={() => onChoose(way)} />
      <div>
        <label htmlFor={`way-${way}`}>{title}</label>
        <p>{children}</p>
      </div>
    </div>
  );
}
