import { isJson } from "../../model/format-data.ts";
import { formatBytes } from "../parts/format.ts";

/** What the hub takes at most, by default. */
const MAX_BYTES = 1024 * 1024;

/** Says what the data will be taken for. Both are fine; broken JSON is most likely not meant. */
export function DataHint({ id, data }: { id: string; data: string }) {
  const { kind, text } = toHint(data);
  return (
    <small id={id} className="data-hint" data-kind={kind}>
      {text}
    </small>
  );
}

function toHint(data: string): { kind: "json" | "text" | "doubtful"; text: string } {
  const bytes = new TextEncoder().encode(data).length;
  const size = formatBytes(bytes);
  if (bytes > MAX_BYTES) return { kind: "doubtful", text: `${size}: over the hub’s 1 MiB` };
  if (isJson(data)) return { kind: "json", text: `JSON, ${size}` };
  if (/^\s*[[{"]/.test(data)) return { kind: "doubtful", text: toFault(data, size) };
  return { kind: "text", text: `text, ${size}` };
}

/** Where it stops being JSON, if the browser says so. */
function toFault(data: string, size: string): string {
  let place = "";
  try {
    JSON.parse(data);
  } catch (error) {
    const [, line, column] = /line (\d+),? column (\d+)/.exec((error as Error).message) ?? [];
    if (line !== undefined) place = data.includes("\n") ? ` at line ${line}, column ${column}` : ` at column ${column}`;
  }
  return `not valid JSON${place}; goes out as text, ${size}`;
}
