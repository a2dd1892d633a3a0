import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { ROOT } from "./tree.mjs";

/**
 * @typedef {object} Size
 * @property {string} name
 * @property {string} code a module as a user would write it; bundled whole, with everything it pulls in
 * @property {"browser" | "node"} platform
 * @property {number} ceiling bytes, minified and gzipped
 * @property {string} because where the ceiling comes from
 */

/**
 * What our code costs whoever loads it. A change that needs more raises the ceiling here, with its reason.
 *
 * @type {Size[]}
 */
export const SIZES = [
  {
    name: "wire parser",
    code: `export { createParser } from "@tidings/wire";`,
    platform: "browser",
    ceiling: 1536,
    because: "rides in every page that listens without EventSource",
  },
];

/** Gate: named entry points stay under their ceilings. @type {import("../check.mjs").Gate} */
export const sizes = async () => {
  const measured = await Promise.all(SIZES.map(async (size) => ({ ...size, bytes: await sizeOf(size) })));
  return {
    checked: measured.map(({ name, bytes, ceiling }) => `${name} ${bytes} of ${ceiling} bytes`).join(", "),
    problems: measured.flatMap(({ name, bytes, ceiling, because }) =>
      bytes > ceiling ? [`${name} is ${bytes} bytes min+gzip, over ${ceiling}: ${because}`] : [],
    ),
  };
};

/**
 * @param {Size} size
 * @returns {Promise<number>} bytes, minified and gzipped
 */
async function sizeOf({ code, platform }) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: ROOT, loader: "js" },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    platform,
    logLevel: "silent",
  });
  return gzipSync(outputFiles[0]?.contents ?? "").length;
}
