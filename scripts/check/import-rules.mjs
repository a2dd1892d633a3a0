/**
 * @typedef {object} ImportRule
 * @property {RegExp} files the sources it governs, by path from the repository's root
 * @property {(string | RegExp)[]} may what they may import: a folder (ends in `/`) or file of the repository, a package
 *   or built-in module by its exact name, or a pattern of names
 * @property {string} because
 */

/** The parts of the server that know only the words of the domain: no engine, no transport, no store. */
const DOMAIN = [
  "packages/server/src/errors.ts",
  "packages/server/src/positions.ts",
  "packages/server/src/retention.ts",
  "packages/server/src/topics.ts",
  "packages/server/src/ports/",
  "@tidings/wire",
  "@tidings/wire/topics",
];

/** What a store may know of the server: its port, and what stores share. */
const FOR_STORES = [...DOMAIN, "packages/server/src/stores/shared/", "node:buffer"];

/** What an adapter or a transport may know of the server on any runtime: the engine, and what adapters share. */
const FOR_ADAPTERS = [
  ...DOMAIN,
  "packages/server/src/hub/",
  "packages/server/src/sse.ts",
  "packages/server/src/adapters/handler-options.ts",
  "packages/server/src/transports/readable-stream.ts",
];

/** The same on Node. */
const FOR_NODE_ADAPTERS = [...FOR_ADAPTERS, "packages/server/src/adapters/", "packages/server/src/transports/"];

/**
 * Who may import what. The first rule that matches a file governs it, and every source has one: a new folder needs a
 * line here before it needs anything else. Types count like values, for a type is knowledge too.
 *
 * @type {ImportRule[]}
 */
export const IMPORT_RULES = [
  {
    files: /^packages\/wire\/src\//,
    may: ["packages/wire/src/", "#utf8"],
    because: "the wire format runs anywhere and depends on nothing",
  },
  {
    files: /^packages\/client\/src\//,
    may: ["packages/client/src/", "@tidings/wire", "@tidings/wire/topics"],
    because: "the client shares the wire format with the server and nothing else",
  },
  {
    files: /^packages\/react\/src\//,
    may: ["packages/react/src/", /^@tidings\/client(\/|$)/, "react"],
    because: "hooks are a thin layer over the client",
  },
  {
    files: /^packages\/server\/src\/(errors|positions|retention|topics|ports\/[^/]+)\.ts$/,
    may: DOMAIN,
    because: "topics, positions, errors and ports are the ground everything stands on",
  },
  {
    files: /^packages\/server\/src\/hub\//,
    may: [...DOMAIN, "packages/server/src/hub/"],
    because: "the engine reaches the world through ports, so that any store, transport and clock serve it",
  },
  {
    files: /^packages\/server\/src\/stores\/shared\//,
    may: [...DOMAIN, "packages/server/src/stores/shared/", "node:buffer", "node:crypto"],
    because: "what stores share knows no store; it fingerprints with SHA-256, which has no synchronous web API",
  },
  {
    files: /^packages\/server\/src\/stores\/memory(\.ts$|\/)/,
    may: [...FOR_STORES, "packages/server/src/stores/memory/"],
    because: "a store knows its port and its driver",
  },
  {
    files: /^packages\/server\/src\/stores\/sqlite\//,
    may: [
      ...FOR_STORES,
      "packages/server/src/stores/sqlite/",
      "better-sqlite3",
      /^node:(fs|fs\/promises|module|path|sqlite|timers\/promises|url|worker_threads)$/,
    ],
    because: "a store knows its port and its driver; this one has a file and a thread of its own",
  },
  {
    files: /^packages\/server\/src\/adapters\/express\.ts$/,
    may: [...FOR_NODE_ADAPTERS, "express"],
    because: "an adapter knows its own framework only",
  },
  {
    files: /^packages\/server\/src\/adapters\/fastify\.ts$/,
    may: [...FOR_NODE_ADAPTERS, "fastify"],
    because: "an adapter knows its own framework only",
  },
  {
    files: /^packages\/server\/src\/adapters\/hono\.ts$/,
    may: [...FOR_ADAPTERS, "packages/server/src/adapters/fetch.ts", "hono"],
    because: "an adapter knows its own framework only; Hono runs where there is no node:http",
  },
  {
    files: /^packages\/server\/src\/(adapters\/(fetch|handler-options)|transports\/readable-stream)\.ts$/,
    may: FOR_ADAPTERS,
    because: "Request -> Response, and what all adapters share, run on every runtime",
  },
  {
    files: /^packages\/server\/src\/transports\/send-queue\.ts$/,
    may: [/^node:fs(\/promises)?$/],
    because: "how far a reader has come is known to the kernel alone, and Linux tells it in a file",
  },
  {
    files: /^packages\/server\/src\/(adapters|transports)\//,
    may: [...FOR_NODE_ADAPTERS, /^node:(http|http2|https|net|stream|tls)$/],
    because: "the Node transports know sockets and HTTP; no framework, no files, no process",
  },
  {
    files: /^packages\/server\/src\/testing\//,
    may: ["packages/server/src/", /^node:/, "@tidings/wire"],
    because: "conformance suites run under any test runner",
  },
  {
    files: /^packages\/server\/src\/deflate\.ts$/,
    may: ["packages/server/src/ports/", "node:zlib"],
    because: "it is the port's implementation, and the runtime's own zlib",
  },
  {
    files: /^packages\/server\/src\/[^/]+\.ts$/,
    may: [
      ...DOMAIN,
      "packages/server/src/deflate.ts",
      "packages/server/src/adapters/handler-options.ts",
      "packages/server/src/create-hub.ts",
      "packages/server/src/hub/",
      "packages/server/src/stores/memory.ts",
    ],
    because: "the main entry is the engine with its memory store, neutral of transports and drivers",
  },
  {
    files: /^packages\/hub\/page\/src\//,
    may: [
      "packages/hub/page/src/",
      "@tidings/client",
      "@tidings/react",
      "@tanstack/react-virtual",
      "react",
      "react-dom/client",
      "uplot",
      "uplot/dist/uPlot.min.css",
    ],
    because: "the page runs in the browser",
  },
  {
    files: /^packages\/hub\/src\//,
    may: ["packages/hub/src/", /^(?!@tidings\/react(\/|$))/],
    because: "the hub puts everything together",
  },
];
