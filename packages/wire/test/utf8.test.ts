import { fileURLToPath } from "node:url";
import { build, type Platform } from "esbuild";
import { expect, it } from "vitest";

const folder = fileURLToPath(new URL("..", import.meta.url));

// What each of the two makes of bytes is tested with the parser, and in utf8.browsers.test.ts.
it.each<[Platform, string]>([
  ["browser", "dist/utf8-streaming.js"],
  ["node", "dist/utf8.js"],
])("bundled for %s, the parser comes with the decoder that is fast there, and no other", async (platform, file) => {
  const { metafile } = await build({
    stdin: { contents: `export * from "@tidings/wire"`, resolveDir: folder },
    absWorkingDir: folder,
    bundle: true,
    metafile: true,
    write: false,
    format: "esm",
    platform,
  });
  expect(Object.keys(metafile.inputs).filter((input) => input.includes("utf8"))).toEqual([file]);
});
