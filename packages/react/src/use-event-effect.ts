import type { StreamEvent } from "@tidings/client";
import { useEffect } from "react";
import { useHubClient } from "./provider.tsx";
import { useKept } from "./stores.ts";

/**
 * Calls back with every event of a topic or pattern, at once and in order, while the component is mounted. It renders
 * nothing, and it does not matter whether the function is a new one each time: the newest is called.
 */
export function useEventEffect<Data = unknown>(
  topic: string | null,
  handler: (event: StreamEvent<Data>) => void,
): void {
  const client = useHubClient();
  const join = useKept(
    [client, topic],
    handler,
    (read) => (): (() => void) => client.join({ topic, onEvent: (event) => read()(event as StreamEvent<Data>) }),
  );
  useEffect(join, [join]);
}
