import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ERRORS } from "@tidings/server";
import { expect, test } from "vitest";

test("the flags of tidings serve, with their defaults, are those of --help", () => {
  const help = run("serve", "--help");
  const flags = [...help.matchAll(/^ {2}(--[a-z-]+)(?: <[^>]+>)? {2,}(.+)$/gm)].map(([, flag = "", text = ""]) => [
    flag,
    /\[(.+)\]$/.exec(text)?.[1] ?? "",
  ]);
  expect(flags.length).toBeGreaterThan(15);
  const rows = rowsOf("docs/reference/cli.md", "Flag", "## tidings serve", "## tidings publish");
  expect(rows.map(([flag, value]) => [flag, value === "none" && flag === "--cors-origin" ? "" : value])).toEqual(flags);
});

test.each(["publish", "subscribe", "token"])("the flags of tidings %s are those of --help", (command) => {
  const flags = [...run(command, "--help").matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, flag]) => flag);
  const rows = rowsOf("docs/reference/cli.md", "Flag", `## tidings ${command}`);
  expect(rows.map(([flag]) => flag)).toEqual(flags);
});

test("PROTOCOL.md lists each code under its status", () => {
  const rows = rowsOf("PROTOCOL.md", "Status", "## 11. Errors");
  const listed = rows.flatMap(([status, codes = ""]) => codes.split(" ").map((code) => [code, Number(status)]));
  expect(Object.fromEntries(listed)).toEqual(
    Object.fromEntries(Object.entries(ERRORS).map(([code, { status }]) => [code, status])),
  );
});

test("the codes of the format are those of the source", () => {
  const source = read("packages/wire/src/wire-error.ts");
  const [, union = ""] = /^export type WireErrorCode =([^;]+);/m.exec(source) ?? [];
  const codes = [...union.matchAll(/"(\w+)"/g)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(4);
  expect(rowsOf("docs/reference/errors.md", "Wire code", "## The format").map(([code]) => code)).toEqual(codes);
});

test("the codes of the client are those of the source", () => {
  const source = read("packages/client/src/errors.ts");
  const [, union = ""] = /^export type ClientErrorCode =([\s\S]+?);\n\n/m.exec(source) ?? [];
  const codes = [...union.matchAll(/"(\w+)"/g)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(4);
  expect(rowsOf("docs/reference/client.md", "`code`", "## ClientError").map(([code]) => code)).toEqual(codes);
});

test("what the hub logs as a warning or an error is in the troubleshooting", () => {
  const folder = new URL("../../packages/hub/src/", import.meta.url);
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const logged = sources.flatMap((file) => [
    ...readFileSync(new URL(file, folder), "utf8").matchAll(/\blog\.(?:warn|error)\(\s*(?:\{[^}]*\},\s*)?"([^"]+)"/g),
  ]);
  expect(logged.length).toBeGreaterThan(5);
  const page = read("docs/troubleshooting.md");
  expect(logged.map(([, text = ""]) => text).filter((text) => !page.includes(`\`${text}\``))).toEqual([]);
});

/** What the command prints. */
function run(...args: string[]): string {
  const command = fileURLToPath(new URL("../../packages/hub/bin/tidings.js", import.meta.url));
  return execFileSync(process.execPath, [command, ...args], { encoding: "utf8" });
}

/** The rows of the first table with this heading between two lines of a page, as cells without backquotes. */
function rowsOf(page: string, heading: string, from: string, to?: string): string[][] {
  const text = read(page);
  const part = text.slice(text.indexOf(from), to === undefined ? undefined : text.indexOf(to));
  const table = part.slice(part.indexOf(`| ${heading} |`)).split("\n\n")[0] ?? "";
  return table
    .split("\n")
    .slice(2)
    .filter((row) => row.startsWith("|"))
    .map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("`", "")),
    );
}

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
}
