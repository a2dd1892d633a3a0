import { backup } from "./cli/backup.ts";
import { bench } from "./cli/bench.ts";
import type { Command } from "./cli/command.ts";
import { describeCommand, describeCommands } from "./cli/help.ts";
import { publish } from "./cli/publish.ts";
import { serve } from "./cli/serve.ts";
import { subscribe } from "./cli/subscribe.ts";
import { token } from "./cli/token.ts";
import { UsageError } from "./config/usage-error.ts";
import { VERSION } from "./version.ts";

/** Every command, by the name it is called with. */
export const COMMANDS: Readonly<Record<string, Command>> = { serve, publish, subscribe, token, backup, bench };

/** Runs a command line and gives the exit code: 0 done, 1 failed, 2 not understood. */
export async function main(argv: readonly string[]): Promise<number> {
  const [first = "", ...others] = argv;
  // Plain `tidings`, also with flags, serves.
  const isNamed = first !== "" && !first.startsWith("-");
  const name = isNamed ? first : "serve";
  const rest = isNamed ? others : argv;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const asked = rest.slice(0, rest.includes("--") ? rest.indexOf("--") : undefined);
  if (first === "--version" || first === "-v") return print(`${VERSION}\n`);
  if (first === "help" || (!isNamed && (asked.includes("--help") || asked.includes("-h"))))
    return print(describeCommands(COMMANDS));
  try {
    if (command === undefined) {
      throw new UsageError(`"${name}" is not a command; there are ${Object.keys(COMMANDS).join(", ")}.`);
    }
    if (asked.includes("--help") || asked.includes("-h")) return print(describeCommand(name, command));
    return await command.run(rest);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(
      `tidings: ${error.message}\n         tidings ${isNamed && command !== undefined ? `${name} ` : ""}--help says more.\n`,
    );
    return 2;
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}
