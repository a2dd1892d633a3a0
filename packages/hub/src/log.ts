import { type Logger, pino } from "pino";
import type { LogLevel } from "./config/options.ts";

/** A line of the log as pino writes it. */
interface Line {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly err?: { readonly stack?: string };
  readonly [field: string]: unknown;
}

/**
 * The log of the hub, on stderr: JSON lines for machines, plain lines on a terminal. It holds no data of events and no
 * headers.
 */
export function createLog(level: LogLevel, stderr: NodeJS.WriteStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  // Written at once: the last line before an exit is the one that matters.
  if (!stderr.isTTY) return pino(options, pino.destination({ fd: 2, sync: true }));
  return pino(options, { write: (line) => void stderr.write(toText(JSON.parse(line) as Line)) });
}

function toText({ time, level, msg, err, ...fields }: Line): string {
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  return `${time.slice(11, 19)} ${level.padEnd(5)} ${msg}${rest.join("")}${err?.stack ? `\n${err.stack}` : ""}\n`;
}
