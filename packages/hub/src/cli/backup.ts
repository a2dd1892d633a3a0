import { TidingsError } from "@tidings/server";
import { backUp } from "@tidings/server/sqlite";
import { text } from "../config/kinds.ts";
import { loadConfig } from "../config/load.ts";
import { DEFAULTS, OPTIONS, type OptionSpec } from "../config/options.ts";
import { UsageError } from "../config/usage-error.ts";
import { parseArguments } from "./arguments.ts";
import type { Command } from "./command.ts";

const BACKUP_OPTIONS = {
  data: { ...OPTIONS.data, help: "SQLite file of the hub" },
  config: { kind: text("<file>", "the name of a file"), help: "Configuration of the hub, as for tidings serve" },
} as const satisfies Record<string, OptionSpec<unknown>>;

/** `tidings backup`: the history as one file, while the hub runs. */
export const backup: Command = {
  usage: "backup <file> [options]",
  summary: "copy the history to a new file, while the hub runs or not",
  options: BACKUP_OPTIONS,
  notes: `It runs beside the hub, on the machine that has the file, and asks nothing of it over HTTP.
To restore: stop the hub, remove its file together with its -wal and -shm, put the copy there, start the hub.`,
  run: async (argv) => {
    const { flags, positionals } = parseArguments(argv, BACKUP_OPTIONS);
    const [target, ...rest] = positionals;
    if (target === undefined) throw new UsageError("Name the file to write: tidings backup <file>.");
    if (rest.length > 0) throw new UsageError(`One backup at a time, but got "${rest[0]}" too.`);
    const { data = DEFAULTS.data, memory } = loadConfig(flags, process.env);
    if (memory === true) throw new UsageError("This hub keeps its history in memory: there is no file to back up.");
    try {
      process.stdout.write(`${JSON.stringify({ file: target, ...(await backUp(data, target)) })}\n`);
      return 0;
    } catch (error) {
      if (!(error instanceof TidingsError)) throw error;
      process.stderr.write(`tidings: ${error.message}\n`);
      return 1;
    }
  },
};
