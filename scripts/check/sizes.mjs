import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { ROOT } from "./tree.mjs";

/**
 * @typedef {object} Size
 * @property {string} name
 * @property {string} [code] a module as a user would write it; bundled for browsers, with everything it pulls in
 * @property {string} [folder] or: files that are built already, all of them
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
    ceiling: 1536,
    because: "rides in every page that listens without EventSource",
  },
  {
    name: "EventSource",
    code: `export { EventSource } from "@tidings/client/eventsource";`,
    ceiling: 3584,
    because: "the parser is half of it; it takes the place of something that browsers have",
  },
  {
    name: "declared topics",
    code: `export { defineTopics, hasTopic, typeOnly } from "@tidings/wire/topics";`,
    ceiling: 1280,
    because: "in the pages that check what they read; beside a schema library it is little",
  },
  {
    name: "connect",
    code: `export { connect } from "@tidings/client";`,
    ceiling: 7680,
    because: "the parser is 1.5 KB of it; each feature must be worth what every page pays for it",
  },
  {
    name: "parseEventStream",
    code: `export { parseEventStream } from "@tidings/client";`,
    ceiling: 2688,
    because: "the parser is 1.5 KB of it; nothing of connect may come along",
  },
  {
    name: "hub page",
    folder: "packages/hub/dist/page/assets",
    ceiling: 90 * 1024,
    because: "React is 60 KB of it; the page opens at once, also over a slow line",
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
async function sizeOf({ code, folder }) {
  const files = folder === undefined ? [await bundle(code ?? "")] : builtFiles(folder);
  return files.reduce((sum, file) => sum + gzipSync(file).length, 0);
}

/**
 * @param {string} code
 * @returns {Promise<Uint8Array>}
 */
async function bundle(code) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: ROOT, loader: "js" },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    platform: "browser",
    logLevel: "silent",
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

/**
 * @param {string} folder
 * @returns {Uint8Array[]}
 */
function builtFiles(folder) {
  return readdirSync(join(ROOT, folder)).map((file) => readFileSync(join(ROOT, folder, file)));
}
