import { useEventSource } from "@tidings/react";
import { useEffect } from "react";
import { type StreamState, toStreamState } from "../../model/stream-state.ts";
import type { TailFeed } from "../../model/tail-feed.ts";
import { usePage } from "../parts/use-page.ts";
import { useStreamOptions } from "../parts/use-stream-options.ts";

/** What is told of a stream: its state, and the way to try again. */
export interface TailStreamProps {
  readonly feed: TailFeed;
  readonly name: string;
  readonly onState: (state: StreamState, restart: () => void) => void;
}

/**
 * Listens to a topic or pattern, and shows nothing itself: it renders with every frame in which something came, and what
 * is drawn is the tail's own business.
 */
export function TailStream({ feed, name, onState }: TailStreamProps) {
  const { root } = usePage();
  const { status, live, error, restart } = useEventSource<string>(`${root}events`, {
    ...useStreamOptions(),
    topics: [name],
    last: feed.last,
    raw: true,
    limit: 1,
    onEvent: feed.take,
    onGap: feed.takeGap,
    onEnd: ({ topic }) => feed.takeEnd(topic),
  });
  const { phase, ...rest } = toStreamState(status, live, error);
  const detail = "detail" in rest ? rest.detail : "";

  useEffect(() => feed.setLive(phase === "live" || phase === "ended"), [feed, phase]);
  useEffect(() => {
    onState(phase === "refused" ? { phase, detail } : { phase }, restart);
  }, [onState, phase, detail, restart]);
  return null;
}
