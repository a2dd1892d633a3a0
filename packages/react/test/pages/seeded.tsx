import type { StreamEvent } from "@tidings/client";
import { useLatest, useTopic } from "@tidings/react";
import type { ReactNode } from "react";

/** What a server rendered, and from where it goes on. */
export interface SeededProps {
  readonly initial: readonly StreamEvent<string>[];
  readonly lastEventId: string;
}

/** A list that a server may render, and a browser goes on with. */
export function Seeded({ initial, lastEventId }: SeededProps): ReactNode {
  const list = useTopic<string>("news", { initial, lastEventId });
  const latest = useLatest<string>("news", { initial: initial.at(-1)?.data, lastEventId });
  return (
    <>
      <p id="seeded">{list.map(({ data }) => data).join(" ")}</p>
      <p id="seededLatest">{latest}</p>
    </>
  );
}
