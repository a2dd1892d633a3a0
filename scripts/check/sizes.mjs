import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { ROOT } from "./tree.mjs";

/**
 * @typedef {object} Size
 * @property {string} name
 * @property {string} [code] a module as a user would write it; bundled for browsers, with everything it pulls in
 * @property {string} [over] a module whose size does not count
 * @property {string[]} [without] modules that are loaded apart, and only when asked for
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
    without: ["*/share/index.js"],
    ceiling: 7680,
    because: "the parser is 1.5 KB of it; each feature must be worth what every page pays for it",
  },
  {
    name: "tab sharing",
    code: `export { createSharing } from "./packages/client/dist/share/index.js";`,
    // What a page that shares has by connect.
    without: ["*/errors.js", "*/position.js"],
    ceiling: 3584,
    because: "loaded by pages that ask for it; each part is there for one way a tab ends, sleeps or lags",
  },
  {
    name: "parseEventStream",
    code: `export { parseEventStream } from "@tidings/client";`,
    ceiling: 2688,
    because: "the parser is 1.5 KB of it; nothing of connect may come along",
  },
  {
    name: "react over connect",
    code: `export * from "@tidings/react"; export { connect } from "@tidings/client";`,
    over: `export { connect } from "@tidings/client";`,
    without: ["*/share/index.js"],
    ceiling: 2880,
    because: "a third of it joins a stream that is further on, exactly; useEventSource alone is 1 KB",
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
async function sizeOf({ code, over, folder, without }) {
  const files = folder === undefined ? [await bundle(code ?? "", without)] : builtFiles(folder);
  const less = over === undefined ? 0 : gzipSync(await bundle(over, without)).length;
  return files.reduce((sum, file) => sum + gzipSync(file).length, -less);
}

/**
 * @param {string} code
 * @param {string[]} [external]
 * @returns {Promise<Uint8Array>}
 */
async function bundle(code, external = []) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: ROOT, loader: "js" },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    platform: "browser",
    // A peer that applications bring along.
    external: ["react", "react/jsx-runtime", ...external],
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
