import { useEventSource } from "@tidings/react";
import { useEffect } from "react";
import { SAMPLES, type Stats } from "../../model/stats.ts";
import { toStreamState } from "../../model/stream-state.ts";
import { usePage } from "../parts/use-page.ts";
import { useStreamOptions } from "../parts/use-stream-options.ts";

/**
 * Listens to the hub's own figures, on every screen, so that charts go on wherever one is. They begin with what the hub
 * remembers, which fills in what a cut took, too.
 */
export function StatsStream() {
  const page = usePage();
  const { status, error } = useEventSource<Stats>(`${page.root}stats?last=${SAMPLES}`, {
    ...useStreamOptions(),
    limit: 1,
    onEvent: ({ data }) => page.stats.add(data),
  });
  // Foreign to replay, a stream of figures is live as soon as it is open.
  const state = toStreamState(status, true, error);
  const { phase } = state;
  useEffect(() => page.link.set(phase), [page, phase]);
  return null;
}
