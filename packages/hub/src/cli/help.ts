import { toFlag } from "../config/names.ts";
import { VERSION } from "../version.ts";
import type { OptionTable } from "./arguments.ts";
import type { Command } from "./command.ts";

/** What `tidings --help` prints. */
export function describeCommands(commands: Readonly<Record<string, Command>>): string {
  const rows = Object.values(commands).map(({ usage, summary }) => [`tidings ${usage}`, summary] as const);
  return `tidings ${VERSION}: a hub for Server-Sent Events

${toTable(rows)}

  tidings <command> --help says more; tidings --version says which one this is.

${describeOptions("serve", commands.serve as Command)}`;
}

/** What `tidings <command> --help` prints. */
export function describeCommand(name: string, command: Command): string {
  return `tidings ${command.usage}\n\n  ${command.summary}\n\n${describeOptions(name, command)}`;
}

function describeOptions(name: string, { options, notes }: Command): string {
  const indented = notes?.replace(/^/gm, "  ");
  return `Options of ${name}\n\n${toTable(toRows(options))}\n${indented === undefined ? "" : `\n${indented}\n`}`;
}

function toRows(options: OptionTable): readonly (readonly [string, string])[] {
  return Object.entries(options)
    .filter(([, option]) => !option.fileOnly)
    .map(([key, { kind, help, default: value }]) => [
      [toFlag(key), kind.placeholder].filter((part) => part !== undefined).join(" "),
      value === undefined ? help : `${help} [${value}]`,
    ]);
}

function toTable(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}
