import type { RawLine } from "./raw-stream.ts";

/** What has been seen of the block that a line is in. */
export interface Block {
  readonly id: string | undefined;
  readonly event: string;
  readonly topic: string | undefined;
  readonly lines: number;
  readonly dataLines: number;
  readonly dataBytes: number;
  readonly retry: boolean;
}

/** Before the first line of a block. */
export const NO_BLOCK: Block = {
  id: undefined,
  event: "message",
  topic: undefined,
  lines: 0,
  dataLines: 0,
  dataBytes: 0,
  retry: false,
};

/** What the hub says with its own events (PROTOCOL.md, 4). */
const CONTROL: Readonly<Record<string, string>> = {
  "tidings:open": "the hub’s greeting, first on every stream",
  "tidings:live": "history is through: what follows is live",
  "tidings:gap": "some of what was asked for is no longer held",
  "tidings:end": "a topic has ended",
  "tidings:bye": "the hub closes this connection, and says why",
  "tidings:heartbeat": "a heartbeat that EventSource sees",
};

/**
 * What a line means, and the block with it.
 *
 * @param bytes of the whole line, of which `text` may be the beginning
 */
export function annotateLine(
  text: string,
  bytes: number,
  before: Block,
  isFirst: boolean,
): { kind: RawLine["kind"]; note: string; block: Block } {
  if (bytes === 0) return { kind: "blank", note: noteBlock(before), block: NO_BLOCK };
  const block = { ...before, lines: before.lines + 1 };
  const line = isFirst && text.startsWith("\ufeff") ? text.slice(1) : text;
  if (line.startsWith(":"))
    return { kind: "comment", note: "a comment: keeps the line open, and no reader sees it", block: before };

  const colon = line.indexOf(":");
  const field = colon === -1 ? line : line.slice(0, colon);
  const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
  switch (field) {
    case "id":
      if (value === "") return { kind: "id", note: "forgets the last event id", block: { ...block, id: "" } };
      return {
        kind: "id",
        note: "the position: a reader that comes back goes on from it",
        block: { ...block, id: value },
      };
    case "event":
      return { kind: "event", note: CONTROL[value] ?? "the event’s name", block: { ...block, event: value } };
    case "topic":
      return { kind: "topic", note: "the topic it was published to", block: { ...block, topic: value } };
    case "retry":
      return {
        kind: "retry",
        note: `wait ${Number(value) / 1000} s before coming back`,
        block: { ...block, retry: true },
      };
    case "data": {
      const size = bytes - (new TextEncoder().encode(line).length - new TextEncoder().encode(value).length);
      const dataLines = block.dataLines + 1;
      return {
        kind: "data",
        note: dataLines === 1 ? `data, ${size} bytes` : `data goes on: line ${dataLines}, ${size} bytes`,
        block: { ...block, dataLines, dataBytes: block.dataBytes + size },
      };
    }
    default:
      return { kind: "unknown", note: "a field that readers do not know, and ignore", block };
  }
}

/** What the empty line at the end of a block does (HTML, "dispatch the event"). */
function noteBlock({ event, id, lines, dataLines, retry }: Block): string {
  if (dataLines > 0) return `end of the block: dispatches “${event}”`;
  if (lines === 0) return "an empty line, and nothing to dispatch";
  if (lines === 1 && id !== undefined) return "a heartbeat: moves the last event id, and dispatches nothing";
  if (lines === 1 && retry) return "end of the block: nothing to dispatch";
  return "end of the block: no data, so nothing is dispatched";
}
