import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../src/config/load.ts";
import { OPTIONS } from "../src/config/options.ts";
import { toConfigSchema } from "../src/config/schema.ts";
import { UsageError } from "../src/config/usage-error.ts";
import { testDirectory } from "./support/cli.ts";

const validate = new Ajv({ strict: true, strictRequired: false, allErrors: true }).compile(toConfigSchema());

/** JSON values of every kind and at every edge, for every setting. */
const VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    {},
    [],
    [""],
    ["a"],
    "",
    "none",
    "a",
    "true",
    "*",
    "localhost",
    "loud",
    "warn",
    "latest",
    "HS256",
  ],
  ...[-1, 0, 0.4, 0.5, 1, 1.5, 2, 443, 65_535, 65_536, 2 ** 53 - 1, 2 ** 53, 1e300],
  ...["0", "1", "00", "1e3", "443", "1.5", "1.", ".5", " 1", "1 ", "0x1", "1".repeat(15), "1".repeat(16)],
  ...["0ms", "1ms", "0.4ms", "1.5s", "5m", "12h", "7d", "1w", "1 s", "-1s", "1S", "0.0s", "1.s"],
  ...["100/s", "0/s", "1/d", "1/s ", "01/m", "999999999/h"],
  ...["0b", "1b", "1B", "0.1b", "64k", "64kb", "64KB", "64KiB", "1.5mb", "1GiB", "1zb", "1kibb", "0.0GiB"],
  ...[{ "a/*": {} }, { "a/*": { maxAge: "1h", maxCount: 1, maxBytes: "1KiB" } }, { "a/*": { maxCount: "none" } }],
  ...[{ "a/*": { age: "1h" } }, { "a/*": { maxCount: 0 } }, { "a/*": { maxAge: 0 } }, { "a/*": [] }, { "a/*": null }],
];

/** Whether a setting is a text with a grammar of its own, which the schema does not know: what the loader refuses, it lets pass. */
const hasOwnGrammar = (key: string): boolean =>
  key === "corsOrigin" || OPTIONS[key as keyof typeof OPTIONS].kind.schema === undefined;

describe("the schema says of a file what the loader says of it", () => {
  test.each(Object.keys(OPTIONS))("%s", (key) => {
    for (const value of VALUES) {
      const verdicts = { value, schema: validate({ [key]: value }), loader: isLoaded({ [key]: value }) };
      if (hasOwnGrammar(key) && isText(value))
        expect(verdicts.schema || !verdicts.loader, JSON.stringify(verdicts)).toBe(true);
      else expect(verdicts).toEqual({ value, schema: verdicts.loader, loader: verdicts.loader });
    }
    expect(VALUES.some((value) => isLoaded({ [key]: value })) || hasOwnGrammar(key), "some value is good").toBe(true);
  });

  test.each<[string, unknown, boolean]>([
    ["nothing", {}, true],
    ["where the schema is", { $schema: "./node_modules/tidings/config.schema.json", port: 1 }, true],
    ["a schema that is no address", { $schema: 1 }, false],
    ["an unknown key", { prot: 1 }, false],
    ["no object", [], false],
    ["a file and memory", { data: "a.db", memory: true }, false],
    ["a file, and not memory", { data: "a.db", memory: false }, true],
  ])("%s", (_name, file, isGood) => {
    expect({ schema: validate(file), loader: isLoaded(file) }).toEqual({ schema: isGood, loader: isGood });
  });
});

test.each(["../README.md", "../../../docs/production.md", "../../../docs/operating.md"])(
  "the examples of %s are good",
  (page) => {
    const text = readFileSync(new URL(page, import.meta.url), "utf8");
    const examples = [...text.matchAll(/^```json\n(.*?)^```/gms)].map(([, json = ""]) => JSON.parse(json) as unknown);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      expect(validate(example), JSON.stringify(validate.errors)).toBe(true);
      expect(isLoaded(example)).toBe(true);
    }
  },
);

function isLoaded(file: unknown): boolean {
  const path = join(testDirectory(), "tidings.json");
  writeFileSync(path, JSON.stringify(file));
  try {
    loadConfig({ config: path }, {});
    return true;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

function isText(value: unknown): boolean {
  return typeof value === "string" || (Array.isArray(value) && value.length > 0);
}
