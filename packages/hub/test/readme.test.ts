import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { toFlag } from "../src/config/names.ts";
import { OPTIONS, type OptionSpec } from "../src/config/options.ts";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test("the README lists every setting with its default, and no other", () => {
  const rows = [...README.matchAll(/^\| `(--[a-z-]+)` \| ([^|]*?) ?\|/gm)].map(([, flag, value]) => [flag, value]);
  const settings = Object.entries<OptionSpec<unknown>>(OPTIONS)
    .filter(([, option]) => !option.fileOnly)
    .map(([key, option]) => [toFlag(key), option.default ?? ""]);
  expect(rows).toEqual(settings);
});
