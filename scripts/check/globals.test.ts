import { describe, expect, it } from "vitest";
import { foreignGlobals } from "./globals.mjs";

const ENGINE = "packages/server/src/hub/connection.ts";

describe("timers of the server", () => {
  it.each([
    ["a call", "setTimeout(close, 10);"],
    ["of globalThis", "globalThis.setInterval(beat, 10);"],
    ["by its name in brackets", `globalThis["setImmediate"](flush);`],
    ["handed on", "const clock = { later: setTimeout };"],
    ["handed on in short", "const clock = { setTimeout };"],
    ["taken apart", "const { setTimeout: later } = globalThis;"],
    ["imported", `import { setTimeout as later } from "node:timers/promises";`],
    ["hidden in a signal", "fetch(url, { signal: AbortSignal.timeout(10) });"],
  ])("finds %s", (_, code) => {
    expect(foreignGlobals(ENGINE, code)).toEqual([expect.stringContaining(`${ENGINE}:1: may not use `)]);
  });

  it.each([
    ["a member of something else", "clock.setTimeout(close, 10);"],
    ["a type", "type Timer = ReturnType<typeof setTimeout>;"],
    ["a signature", "interface Clock { setTimeout(task: () => void): void; }"],
    ["a comment", "// setTimeout(close, 10)"],
    ["what only clears", "clearTimeout(timer);"],
  ])("leaves alone %s", (_, code) => {
    expect(foreignGlobals(ENGINE, code)).toEqual([]);
  });

  it("leaves their owner alone, and other packages", () => {
    expect(foreignGlobals("packages/server/src/hub/timers.ts", "setTimeout(close, 10);")).toEqual([]);
    expect(foreignGlobals("packages/hub/src/serve.ts", "setTimeout(close, 10);")).toEqual([]);
  });
});

describe("the process and the console", () => {
  it.each([
    "const port = process.env.TIDINGS_PORT;",
    `const port = process?.["env"];`,
    "const { env } = process;",
    `import { argv } from "node:process";`,
    `process.on("SIGTERM", close);`,
    `console.error("no store");`,
  ])("finds %s", (code) => {
    expect(foreignGlobals("packages/server/src/stores/sqlite/index.ts", code).length).toBeGreaterThan(0);
  });

  it("leaves them to the hub", () => {
    expect(foreignGlobals("packages/hub/src/cli.ts", "console.log(process.argv, process.env);")).toEqual([]);
  });

  it("leaves alone what says nothing about its surroundings", () => {
    expect(foreignGlobals(ENGINE, "process.nextTick(flush); process.emitWarning;")).toEqual([]);
  });
});
