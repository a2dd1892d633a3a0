import type { ParsedEvent } from "@tidings/wire";
import type { Core, Deliver } from "./core.ts";
import { parseData } from "./decode-data.ts";
import { ClientError } from "./errors.ts";
import { isAtOrBefore } from "./position.ts";
import type { GapEvent, StreamEvents } from "./types.ts";

/**
 * Takes what one connection brings to those who listen: each event once, a hub's own events apart.
 *
 * @param signal the connection; nothing is delivered after it is cut
 */
export function createDelivery(core: Core, signal: AbortSignal): Deliver {
  const { ended, decode, tell, change, lastEventId: resumedFrom } = core;
  let isOpen = false;
  let isHub = false;
  /** A hub resumes from `resumedFrom`, and nothing above it has come yet. */
  let mayRepeat = false;
  let topics: readonly string[] | undefined;
  core.isFruitful = false;
  core.farewell = undefined;

  function open({ connection, heartbeat }: { connection?: string; heartbeat?: number } = {}): void {
    if (isOpen || signal.aborted) return;
    isOpen = true;
    change("open");
    if (!signal.aborted) tell("open", { connection, heartbeat });
  }

  function finish(item: Omit<ParsedEvent, "data"> & { data: unknown }, data: unknown): void {
    // What has no topic, from a hub, is a greeting, and has no id of its own.
    if (!isHub || item.topic) core.lastEventId = item.id;
    core.isFruitful = true;
    core.farewell = undefined;
    if (data instanceof ClientError) tell("error", data);
    else {
      // The parser has let go of it, and one object less for each event is worth having.
      item.data = data;
      tell("event", item);
    }
  }

  function control({ id, event, data }: ParsedEvent): void {
    const told = { ...(parseData(data) as Record<string, unknown>) };
    switch (event) {
      case "tidings:open":
        isHub = true;
        mayRepeat = resumedFrom !== "";
        // Where it resumes from is where we are; where it starts, if we are nowhere yet.
        core.lastEventId ||= id;
        core.heartbeat = told.heartbeat as number;
        if (Array.isArray(told.topics)) topics = told.topics;
        for (const topic of ended) if (!topics?.includes(topic)) ended.delete(topic);
        open(told);
        break;
      case "tidings:gap":
        mayRepeat = false;
        core.lastEventId = id;
        tell("gap", told as unknown as GapEvent);
        break;
      case "tidings:live":
        core.lastEventId = id;
        core.live = true;
        change();
        tell("live", { id });
        break;
      case "tidings:end": {
        const topic = String(told.topic);
        core.lastEventId = id;
        if (topics?.includes(topic)) ended.add(topic);
        // A pattern does not end.
        core.farewell = ended.size === topics?.length ? "leave" : "end";
        tell("end", { topic });
        break;
      }
      case "tidings:bye": {
        told.reconnect ??= true;
        core.farewell = told.reconnect ? "bye" : "leave";
        tell("bye", told as unknown as StreamEvents["bye"]);
        break;
      }
      case "tidings:heartbeat":
        core.lastEventId = id;
        core.farewell = undefined;
    }
  }

  return (item) => {
    if (item?.event !== "tidings:open") open();
    if (!item || signal.aborted) return;
    const { id, event, topic, data } = item;
    if (!event) return tell("comment", data);
    if (event.startsWith("tidings:")) return control(item);
    if (topic) {
      if (mayRepeat && isAtOrBefore(id, resumedFrom)) return;
      mayRepeat = false;
      // It may have been deleted, and begun anew.
      ended.delete(topic);
    }
    const decoded = decode(data, item);
    if (decoded instanceof Promise)
      return decoded.then((value) => {
        if (!signal.aborted) finish(item, value);
      });
    finish(item, decoded);
  };
}
