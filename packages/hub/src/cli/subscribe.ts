import { once } from "node:events";
import type { StreamEvent } from "@tidings/client";
import { UsageError } from "../config/usage-error.ts";
import { parseArguments, readFlag } from "./arguments.ts";
import { SUBSCRIBE_OPTIONS, toCredentials, toHubUrl } from "./client-options.ts";
import type { Command } from "./command.ts";
import { tail } from "./tail.ts";

/** `tidings subscribe`: prints events as they come, through cuts and restarts. */
export const subscribe: Command = {
  usage: "subscribe <topic>... [options]",
  summary: "print events as they come, as JSON lines; topics may be patterns",
  options: SUBSCRIBE_OPTIONS,
  run: async (argv) => {
    const { flags, positionals } = parseArguments(argv, SUBSCRIBE_OPTIONS);
    if (positionals.length === 0)
      throw new UsageError("Name at least one topic or pattern: tidings subscribe orders/42 'news/**'.");
    const last = readFlag(flags, "last", SUBSCRIBE_OPTIONS.last.kind);
    const from = readFlag(flags, "from", SUBSCRIBE_OPTIONS.from.kind);
    const url = toHubUrl(flags, "events");
    for (const topic of positionals) url.searchParams.append("topic", topic);
    if (last !== undefined) url.searchParams.set("last", last);
    if (from !== undefined) url.searchParams.set("from", from);
    const toLine = flags.raw === true ? (event: StreamEvent<string>) => `${event.data}\n` : toJsonLine;

    const { stdout } = process;
    // Whoever read our output has enough (head -1): that is no error.
    stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
    const outcome = await tail(url, toCredentials(flags), {
      onEvent: (event) => void stdout.write(toLine(event)),
      onNote: (text) => void process.stderr.write(`tidings: ${text}\n`),
      ready: async () => {
        if (stdout.writableNeedDrain) await once(stdout, "drain");
      },
    });
    return outcome === "ended" ? 0 : 1;
  },
};

/** Data is shown as JSON if it is JSON, else as a string: the rule of our client. */
function toJsonLine({ id, topic, event, data }: StreamEvent<string>): string {
  return `${JSON.stringify({ id, topic, event, data: parseData(data) })}\n`;
}

function parseData(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}
