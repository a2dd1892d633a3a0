import { fileURLToPath } from "node:url";
import { build, type Platform } from "esbuild";
import { expect, it } from "vitest";
import { createUtf8Decoder } from "../src/utf8.ts";

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

it("decodes up to four bytes, good and bad, cut anywhere, as they are decoded whole: after ASCII, and after what is not", () => {
  // Starts of characters of two to four bytes, and what may and may not go on with them.
  const bytes = [0x41, 0x80, 0x9f, 0xbf, 0xc2, 0xe0, 0xe3, 0xed, 0xf0, 0xf4, 0xff];
  const wrong: string[] = [];
  let sequences: number[][] = [[]];
  for (let length = 1; length <= 4; length++) {
    sequences = sequences.flatMap((sequence) => bytes.map((byte) => [...sequence, byte]));
    for (const sequence of sequences) {
      for (const before of [[0x41], [0xc3, 0xa9]]) {
        const whole = new TextDecoder().decode(Uint8Array.from([...before, ...sequence, 0x0a]));
        // Each bit says whether there is a cut behind one of the bytes.
        for (let cuts = 0; cuts < 2 ** (length - 1); cuts++) {
          const decode = createUtf8Decoder();
          let text = decode(Uint8Array.from(before));
          let piece: number[] = [];
          for (const [at, byte] of sequence.entries()) {
            piece.push(byte);
            if ((cuts >> at) % 2 === 0 && at < length - 1) continue;
            text += decode(Uint8Array.from(piece));
            piece = [];
          }
          text += decode(Uint8Array.of(0x0a));
          if (text !== whole) wrong.push(`${before} | ${sequence} cut by ${cuts.toString(2)}: ${text}`);
        }
      }
    }
  }
  expect(wrong).toEqual([]);
});
