import { useEventSource } from "@tidings/react";
import type { ReactNode } from "react";
import { Card } from "./Card.tsx";

interface RandomNumber {
  readonly number: number;
}

/** The bars that fit in a row. */
const LIMIT = 40;

export function RandomNumbers(): ReactNode {
  const { data, events, status } = useEventSource<RandomNumber>("/stream-random-numbers", { limit: LIMIT });
  return (
    <Card title="Random numbers" status={status}>
      <div className="bars" aria-hidden="true">
        {events.map(({ data }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: these events have no id, and a bar no state
          <span key={index} style={{ height: `${data.number * 100}%` }} />
        ))}
      </div>
      <output>{data ? data.number.toFixed(4) : "–"}</output>
    </Card>
  );
}
