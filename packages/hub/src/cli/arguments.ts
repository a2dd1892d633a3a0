import { parseArgs } from "node:util";
import type { Kind } from "../config/kinds.ts";
import { suggest, toFlag } from "../config/names.ts";
import type { OptionSpec } from "../config/options.ts";
import { readSetting } from "../config/read-setting.ts";
import { UsageError } from "../config/usage-error.ts";

/** A table of settings by key; see `config/options.ts`. */
export type OptionTable = Readonly<Record<string, OptionSpec<unknown>>>;

/** A command line, taken apart. */
export interface Arguments {
  /** What each flag was given, unchecked, by the key of its setting; a repeatable one as a list. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
  readonly help: boolean;
}

/**
 * Takes a command line apart by a table of settings.
 *
 * @throws UsageError for an unknown flag, a flag without its value, or a value given to a switch
 */
export function parseArguments(argv: readonly string[], table: OptionTable): Arguments {
  const keys = new Map(
    Object.entries(table)
      .filter(([, option]) => !option.fileOnly)
      .map(([key, option]) => [toFlag(key).slice(2), { key, kind: option.kind }]),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    // Not strict: its messages speak of the API of parseArgs instead of what to type.
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: {
      help: { type: "boolean", short: "h" },
      ...Object.fromEntries(
        [...keys].map(([name, { kind }]) => [name, { type: isSwitch(kind) ? "boolean" : "string" } as const]),
      ),
    },
  });
  const flags: Record<string, unknown> = {};
  const positionals: string[] = [];
  let help = false;
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    if (token.name === "help") {
      help = true;
      continue;
    }
    const known = keys.get(token.name);
    if (known === undefined) {
      const names = [...keys.keys()].map((name) => `--${name}`);
      throw new UsageError(`${token.rawName} is not a flag of this command.${suggest(token.rawName, names)}`);
    }
    const value = readValue(token, known.kind);
    flags[known.key] = known.kind.multiple ? [...((flags[known.key] as unknown[] | undefined) ?? []), value] : value;
  }
  return { flags, positionals, help };
}

/** The value of a setting that has passed its kind, or `undefined` if the flag was not given. */
export function readFlag<T>(flags: Arguments["flags"], key: string, kind: Kind<T>): T | undefined {
  return flags[key] === undefined ? undefined : readSetting(kind, flags[key], toFlag(key));
}

function isSwitch(kind: Kind<unknown>): boolean {
  return kind.placeholder === undefined;
}

function readValue(
  token: { readonly rawName: string; readonly value?: string | undefined; readonly inlineValue?: boolean | undefined },
  kind: Kind<unknown>,
): unknown {
  if (isSwitch(kind)) {
    if (token.value !== undefined) throw new UsageError(`${token.rawName} is a switch and takes no value.`);
    return true;
  }
  // "--data --memory" is a forgotten file, not one called "--memory"; "--data=--memory" is. A key in PEM is no flag.
  const forgotten = token.value === undefined || (!token.inlineValue && /^-(?!----BEGIN )./.test(token.value));
  if (forgotten) throw new UsageError(`${token.rawName} needs a value: ${kind.allowed}.`);
  return token.value;
}
