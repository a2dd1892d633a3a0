import { useEventSource } from "@tidings/react";
import type { ReactNode } from "react";
import { Card } from "./Card.tsx";

interface Reading {
  readonly celsius: number;
  /** ISO 8601. */
  readonly time: string;
}

// #region temperature
export function Temperature(): ReactNode {
  const { data, status } = useEventSource<Reading>("/temperature", { last: 1 });
  return (
    <Card title="Temperature" status={status}>
      {data ? (
        <p>
          The current temperature in my living room is <strong>{data.celsius.toFixed(1)}</strong> as of{" "}
          <time dateTime={data.time}>{new Date(data.time).toLocaleTimeString("en-GB")}</time>
        </p>
      ) : (
        <p>The thermometer has not been read yet.</p>
      )}
    </Card>
  );
}
// #endregion temperature
