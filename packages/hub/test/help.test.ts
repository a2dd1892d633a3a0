import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { describeCommand, describeCommands } from "../src/cli/help.ts";
import { COMMANDS } from "../src/cli.ts";
import { toFlag } from "../src/config/names.ts";

const DOCS = readFileSync(new URL("../../../docs/reference/cli.md", import.meta.url), "utf8");

test("--help names every command, and so does the reference", () => {
  const help = describeCommands(COMMANDS);
  for (const { usage, summary } of Object.values(COMMANDS)) {
    expect(help).toContain(`  tidings ${usage}`);
    expect(help).toContain(summary);
  }
  const documented = [...DOCS.matchAll(/^\| `tidings \[?(\w+)/gm)].map(([, name]) => name);
  expect(documented.sort()).toEqual(Object.keys(COMMANDS).sort());
});

describe.each(Object.entries(COMMANDS))("tidings %s", (name, command) => {
  const options = Object.entries(command.options);

  test("--help has a line for each option, with its value, what it is for and its default", () => {
    const help = describeCommand(name, command);
    for (const [key, { kind, help: text, default: value, fileOnly }] of options) {
      // What only the file knows is in the notes.
      if (fileOnly) expect(help).toContain(`"${key}"`);
      else expect(help).toContain([toFlag(key), kind.placeholder].filter((part) => part !== undefined).join(" "));
      if (!fileOnly) expect(help).toContain(value === undefined ? text : `${text} [${value}]`);
    }
  });

  test("the reference has a row for each option, and no other", () => {
    const [, section = ""] = new RegExp(`^## tidings ${name}\n(.*?)(?=^## |$(?![^]))`, "ms").exec(DOCS) ?? [];
    const rows = [...section.matchAll(/^\| `(--[a-z-]+)`/gm)].map(([, flag]) => flag);
    const flags = options.filter(([, { fileOnly }]) => !fileOnly).map(([key]) => toFlag(key));
    expect(rows.sort()).toEqual(flags.sort());
    for (const [key, { fileOnly }] of options) if (fileOnly) expect(section).toContain(`\`${key}\``);
  });
});
