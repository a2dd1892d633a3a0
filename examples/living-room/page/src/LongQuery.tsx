import { useEventSource } from "@tidings/react";
import { type ReactNode, useState } from "react";
import { Card } from "./Card.tsx";
import { post } from "./post.ts";

interface Progress {
  readonly percent: number;
}

// #region query
export function LongQuery(): ReactNode {
  const [id, setId] = useState<string>();
  const url = id === undefined ? null : `/queries/${id}`;
  const { data, status } = useEventSource<Progress>(url, { from: "earliest" });
  const percent = data?.percent ?? 0;
  const isRunning = id !== undefined && status !== "closed";

  const [problem, setProblem] = useState<string>();
  const run = (): Promise<void> =>
    post<{ id: string }>("/queries", {}).then(
      ({ id }) => {
        setId(id);
        setProblem(undefined);
      },
      (error: Error) => setProblem(error.message),
    );

  return (
    <Card title="Long query" status={url === null ? undefined : status}>
      <div className="row">
        <progress aria-label="Progress" max={100} value={percent} />
        <span className="percent">{percent} %</span>
        <button type="button" onClick={run} disabled={isRunning}>
          Run the query
        </button>
      </div>
      {problem && <p role="alert">{problem}</p>}
    </Card>
  );
}
// #endregion query
