import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { rolldown } from "rolldown";
import { ROOT } from "./tree.mjs";

/**
 * @typedef {object} Size
 * @property {string} name
 * @property {string} [code] a module as a user would write it; bundled for browsers, with everything it pulls in
 * @property {string} [over] a module whose size does not count
 * @property {string[]} [without] modules that are loaded apart, and only when asked for
 * @property {string[]} [beside] or, of code that is loaded so: what is there already. By Rolldown alone, for esbuild writes an import
 *   in each file that takes something from outside, which no page has
 * @property {{ manifest: string, shows: string[] }} [page] or: what a built page loads before anything is clicked: the sources in
 *   `shows`, with all that they import; Vite's manifest knows the files
 * @property {"rolldown" | "esbuild"} [by] measured by this alone
 * @property {number} ceiling bytes, minified and gzipped, by the bundler that makes more of it
 * @property {string} because where the ceiling comes from
 */

/**
 * What is loaded when it is asked for: by an option, a loop, a listener to warnings, a component that joins late. Each has a
 * row of its own.
 */
const ON_DEMAND = ["*/catch-up.js", "*/check-data.js", "*/late-delivery.js", "*/loops.js", "*/share/index.js"];

/** What is there already, with `connect`, when those are loaded. */
const SHARED = [
  "*/attempt.js",
  "*/environment.js",
  "*/errors.js",
  "*/once-a-turn.js",
  "*/position.js",
  "@tidings/wire",
];

/** What is there already with the stores. */
const WITH_STORES = ["*/listeners.js", "*/member.js", "*/open-stream.js", "@tidings/wire/topics"];

/**
 * What our code costs whoever loads it, as Vite 8 and as esbuild build it for a page. A change that needs more raises the ceiling here, with its reason.
 *
 * @type {Size[]}
 */
export const SIZES = [
  {
    name: "wire parser",
    code: `export { createParser } from "@tidings/wire";`,
    ceiling: 1280,
    because: "what a page pays that has a connection of its own, and listens without EventSource",
  },
  {
    name: "of one stream",
    code: `export { createStreamParser, createUtf8Decoder } from "@tidings/wire";`,
    ceiling: 1040,
    because: "in `connect`, `EventSource` and `parseEventStream`: in every page that listens",
  },
  {
    name: "EventSource",
    code: `export { EventSource } from "@tidings/client/eventsource";`,
    ceiling: 2848,
    because: "the parser is a third of it; it takes the place of something that browsers have",
  },
  {
    name: "declared topics",
    code: `export { defineTopics, hasTopic, typeOnly } from "@tidings/wire/topics";`,
    ceiling: 1248,
    because: "in the pages that check what they read; beside a schema library it is little",
  },
  {
    name: "connect",
    code: `export { connect } from "@tidings/client";`,
    without: ON_DEMAND,
    ceiling: 5120,
    because: "the parser is 0.7 KB of it; each feature must be worth what every page pays for it",
  },
  {
    name: "loops",
    code: `export { createLoops } from "./packages/client/dist/loops.js";`,
    beside: SHARED,
    by: "rolldown",
    ceiling: 800,
    because: "loaded with the first `for await` over a stream: what listeners do not need",
  },
  {
    name: "checks",
    code: `export { createCheck } from "./packages/client/dist/check-data.js";`,
    beside: SHARED,
    by: "rolldown",
    ceiling: 432,
    because: "loaded by who gives a schema",
  },
  {
    name: "late delivery",
    code: `export { observe } from "./packages/client/dist/late-delivery.js";`,
    beside: SHARED,
    by: "rolldown",
    ceiling: 832,
    because: "loaded by who listens to warnings",
  },
  {
    name: "tab sharing",
    code: `export { createSharing } from "./packages/client/dist/share/index.js";`,
    beside: SHARED,
    by: "rolldown",
    ceiling: 2560,
    because: "loaded by pages that ask for it; each part is there for one way a tab ends, sleeps or lags",
  },
  {
    name: "parseEventStream",
    code: `export { parseEventStream } from "@tidings/client";`,
    without: ON_DEMAND,
    ceiling: 1856,
    because: "the parser is half of it; nothing of connect may come along",
  },
  {
    name: "react over connect",
    code: `export * from "@tidings/react"; export { connect } from "@tidings/client";`,
    over: `export { connect } from "@tidings/client";`,
    without: ON_DEMAND,
    by: "rolldown",
    ceiling: 2048,
    because: "docs/decisions/061 says what each part costs, and why it is there from the first",
  },
  {
    name: "the same by esbuild",
    code: `export * from "@tidings/react"; export { connect } from "@tidings/client";`,
    over: `export { connect } from "@tidings/client";`,
    without: ON_DEMAND,
    by: "esbuild",
    ceiling: 2192,
    because: "each of its files imports React anew",
  },
  {
    name: "joining late",
    code: `export { catchUp } from "./packages/client/dist/store/catch-up.js";`,
    beside: [...SHARED, ...WITH_STORES],
    by: "rolldown",
    ceiling: 704,
    because: "loaded by a component that begins where the running stream is not: all that is done for it",
  },
  {
    name: "hub page, its first load",
    page: {
      manifest: "packages/hub/dist/page/.vite/manifest.json",
      shows: ["index.html", "src/components/overview/Overview.tsx"],
    },
    ceiling: 125 * 1024,
    because: "React is 60 KB of it, the charts 22; other screens are loaded when they are shown",
  },
];

const BUNDLERS = { rolldown: bundleByRolldown, esbuild: bundleByEsbuild };

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
 * @returns {Promise<number>} bytes, minified and gzipped, by the bundler that makes more of it
 */
async function sizeOf({ code, over, page, without, beside, by }) {
  if (page !== undefined) return firstLoad(page).reduce((sum, file) => sum + gzipSync(file).length, 0);
  const sizes = (by ? [BUNDLERS[by]] : Object.values(BUNDLERS)).map(async (bundle) => {
    const all = gzipSync(await bundle(code ?? "", without ?? beside)).length;
    return over === undefined ? all : all - gzipSync(await bundle(over, without)).length;
  });
  return Math.max(...(await Promise.all(sizes)));
}

/**
 * What is not bundled: React is a peer that applications bring along.
 *
 * @param {string} id
 * @param {string[]} without
 * @returns {boolean}
 */
function isOutside(id, without) {
  return ["react", "react/jsx-runtime", ...without].some((name) =>
    name.startsWith("*") ? id.endsWith(name.slice(1)) : id === name,
  );
}

/**
 * As Vite 8 builds it for a page.
 *
 * @param {string} code
 * @param {string[]} [without]
 * @returns {Promise<string>}
 */
async function bundleByRolldown(code, without = []) {
  const entry = join(ROOT, "entry.js");
  const built = await rolldown({
    input: entry,
    platform: "browser",
    transform: { target: "es2022" },
    external: (id) => isOutside(id, without),
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? code : undefined),
      },
    ],
    logLevel: "silent",
  });
  const { output } = await built.generate({ format: "esm", minify: true, paths: (id) => `./${basename(id)}` });
  await built.close();
  return output[0].code;
}

/**
 * As esbuild does, and what builds with it: Vite up to 7, and most services that tell the size of a package.
 *
 * @param {string} code
 * @param {string[]} [without]
 * @returns {Promise<string>}
 */
async function bundleByEsbuild(code, without = []) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: ROOT },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    plugins: [
      {
        name: "outside",
        setup: ({ onResolve }) =>
          onResolve({ filter: /./ }, ({ path }) =>
            isOutside(path, without) ? { path: `./${basename(path)}`, external: true } : undefined,
          ),
      },
    ],
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

/**
 * @param {{ manifest: string, shows: string[] }} page
 * @returns {Uint8Array[]}
 */
function firstLoad({ manifest, shows }) {
  const folder = join(ROOT, manifest, "../..");
  /** @type {Record<string, { file: string, imports?: string[], css?: string[], assets?: string[] }>} */
  const chunks = JSON.parse(readFileSync(join(ROOT, manifest), "utf8"));
  const loaded = new Set(["index.html"]);
  /** @param {string} name */
  const load = (name) => {
    const chunk = chunks[name];
    if (chunk === undefined) throw new Error(`${manifest} has no ${name}`);
    for (const file of [chunk.file, ...(chunk.css ?? []), ...(chunk.assets ?? [])]) loaded.add(file);
    for (const other of chunk.imports ?? []) load(other);
  };
  for (const name of shows) load(name);
  return [...loaded].map((file) => readFileSync(join(folder, file)));
}
