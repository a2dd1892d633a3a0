import { describe, expect, it } from "vitest";
import { forbiddenImports } from "./imports.mjs";

const server = {
  name: "@tidings/server",
  dependencies: { "@tidings/wire": "0.1.0" },
  optionalDependencies: { "better-sqlite3": "12.6.2" },
  peerDependencies: { express: "^5.0.0", fastify: "^5.0.0", hono: "^4.0.0" },
};
const wire = { name: "@tidings/wire" };
const client = { name: "@tidings/client", dependencies: { "@tidings/wire": "0.1.0" } };
const react = {
  name: "@tidings/react",
  dependencies: { "@tidings/client": "0.1.0" },
  peerDependencies: { react: "19" },
};
const hub = { name: "tidings", dependencies: { "@tidings/server": "0.1.0", fastify: "5" } };

const ENGINE = "packages/server/src/hub/hub.ts";

describe("what the layers forbid", () => {
  it.each([
    ["wire, anything", "packages/wire/src/encode.ts", `import { Buffer } from "node:buffer";`, wire],
    ["client, the server", "packages/client/src/connect.ts", `import { createHub } from "@tidings/server";`, client],
    ["server, the client", ENGINE, `import { connect } from "@tidings/client";`, server],
    ["server, the client's files", ENGINE, `import { connect } from "../../../client/src/index.ts";`, server],
    ["react, the wire", "packages/react/src/use-topic.ts", `import { createParser } from "@tidings/wire";`, react],
    ["engine, node:", ENGINE, `import { randomUUID } from "node:crypto";`, server],
    ["engine, a type of node:", ENGINE, `import type { Socket } from "node:net";`, server],
    ["engine, a type in place", ENGINE, `let socket: import("node:net").Socket;`, server],
    ["engine, a re-export", ENGINE, `export * from "node:net";`, server],
    ["engine, an import for its effect", ENGINE, `import "node:net";`, server],
    ["engine, a dynamic import", ENGINE, `const net = await import("node:net");`, server],
    ["engine, require", ENGINE, `const net = require("node:net");`, server],
    ["engine, import =", ENGINE, `import net = require("node:net");`, server],
    ["engine, getBuiltinModule", ENGINE, `const net = process.getBuiltinModule("node:net");`, server],
    ["engine, a store", ENGINE, `import { memory } from "../stores/memory.ts";`, server],
    ["engine, an adapter", ENGINE, `import { nodeHandler } from "../adapters/node.ts";`, server],
    ["engine, the main entry", ENGINE, `import { createHub } from "../index.ts";`, server],
    ["a store, the engine", "packages/server/src/stores/sqlite/index.ts", `import "../../hub/hub.ts";`, server],
    ["a store, another store", "packages/server/src/stores/sqlite/index.ts", `import "../memory/index.ts";`, server],
    ["a store, the network", "packages/server/src/stores/sqlite/index.ts", `import "node:http";`, server],
    ["an adapter, a store", "packages/server/src/adapters/node.ts", `import "../stores/memory/index.ts";`, server],
    ["an adapter, another framework", "packages/server/src/adapters/express.ts", `import "fastify";`, server],
    ["the Node adapter, a framework", "packages/server/src/adapters/node.ts", `import "express";`, server],
    ["the fetch adapter, Node", "packages/server/src/adapters/fetch.ts", `import "node:http";`, server],
    ["an adapter, files", "packages/server/src/adapters/node.ts", `import "node:fs";`, server],
    ["the domain, the engine", "packages/server/src/topics.ts", `import "./hub/hub.ts";`, server],
    ["a port, the engine", "packages/server/src/ports/store.ts", `import type { Hub } from "../hub/hub.ts";`, server],
    ["the main entry, a driver", "packages/server/src/index.ts", `export * from "./stores/sqlite/index.ts";`, server],
    ["the page, the server", "packages/hub/page/src/main.tsx", `import "@tidings/server";`, hub],
    ["the hub, files of the server", "packages/hub/src/serve.ts", `import "../../server/src/hub/hub.ts";`, hub],
    ["the hub, hooks", "packages/hub/src/serve.ts", `import { useTopic } from "@tidings/react";`, hub],
  ])("finds: %s", (_, path, code, manifest) => {
    expect(forbiddenImports(path, code, manifest)).toEqual([expect.stringContaining(`${path}:1: may not import `)]);
  });

  it("finds a source that no rule covers", () => {
    expect(forbiddenImports("packages/nats/src/index.ts", "", wire)).toEqual([
      expect.stringContaining("no rule covers it"),
    ]);
  });

  it("finds a computed import, which no rule could judge", () => {
    const code = `\nconst driver = await import(process.env.DRIVER);`;
    expect(forbiddenImports(ENGINE, code, server)).toEqual([expect.stringContaining(`${ENGINE}:2: a computed import`)]);
  });

  it("finds a package that the manifest does not name", () => {
    const path = "packages/hub/src/serve.ts";
    expect(forbiddenImports(path, `import pino from "pino";`, hub)).toEqual([
      expect.stringContaining("imports pino, which the package.json of tidings does not name"),
    ]);
    expect(forbiddenImports(path, `import fs from "fs";`, hub)).toHaveLength(1);
  });

  it("names every violation with its line", () => {
    const code = `import "node:net";\nimport "./audience.ts";\nexport { x } from "node:http";`;
    expect(forbiddenImports(ENGINE, code, server).map((problem) => problem.split(" ")[0])).toEqual([
      `${ENGINE}:1:`,
      `${ENGINE}:3:`,
    ]);
  });
});

describe("what the layers allow", () => {
  it.each([
    [
      "engine: ports, domain, wire, itself",
      ENGINE,
      ["../ports/store.ts", "../topics.ts", "@tidings/wire", "./a.ts"],
      server,
    ],
    [
      "sqlite: port and drivers",
      "packages/server/src/stores/sqlite/index.ts",
      ["../../ports/store.ts", "better-sqlite3", "node:sqlite"],
      server,
    ],
    [
      "express: its framework and the Node adapter",
      "packages/server/src/adapters/express.ts",
      ["express", "./node.ts", "../hub/hub.ts"],
      server,
    ],
    ["react: client and React", "packages/react/src/use-topic.ts", ["@tidings/client", "react"], react],
    [
      "hub: server, its subpaths, its own dependencies",
      "packages/hub/src/serve.ts",
      ["@tidings/server/sqlite", "fastify", "node:fs"],
      hub,
    ],
  ])("%s", (_, path, specifiers, manifest) => {
    const code = specifiers.map((specifier) => `import "${specifier}";`).join("\n");
    expect(forbiddenImports(path, code, manifest)).toEqual([]);
  });

  it("does not take comments and strings for imports", () => {
    const code = `// import "node:net";\n/* import("node:net") */\nconst hint = 'write: import "node:net"';`;
    expect(forbiddenImports(ENGINE, code, server)).toEqual([]);
  });
});
