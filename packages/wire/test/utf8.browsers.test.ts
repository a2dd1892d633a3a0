import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BROWSERS, startBrowser } from "../../../tests/support/browsers.ts";

let code: string;
beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../src/utf8-streaming.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "utf8",
  });
  code = outputFiles[0]?.text ?? "";
});

describe.each(BROWSERS)("%s", (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser(name);
  });
  afterAll(() => browser.close());

  test("bytes in pieces, good and bad, are decoded as they are whole", async () => {
    const page = await browser.newPage();
    await page.addScriptTag({ content: code });
    const wrong = await page.evaluate(() => {
      const { utf8 } = globalThis as never as { utf8: { createUtf8Decoder(): (chunk: Uint8Array) => string } };
      // Starts of characters of two to four bytes, and what may and may not go on with them.
      const codes = [0x0a, 0x41, 0x80, 0x9f, 0xa0, 0xbf, 0xc3, 0xe2, 0xed, 0xef, 0xbb, 0xf0, 0xf4, 0xff];
      // A line end last, as the parser reads no further.
      const inputs = codes.flatMap((a) => codes.flatMap((b) => codes.map((c) => [a, b, c, 0x82, 0xac, b, a, 0x0a])));
      return inputs.filter((input) => {
        const decode = utf8.createUtf8Decoder();
        const piece = new Uint8Array(1);
        const text = input.map((byte) => decode(piece.fill(byte))).join("");
        return text !== new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(input));
      });
    });
    expect(wrong).toEqual([]);
  });
});
