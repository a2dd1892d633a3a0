import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Hub } from "@tidings/server";
import { pino } from "pino";
import { startHub } from "tidings";
import { expect, onTestFinished, test } from "vitest";
import { serve, testDirectory } from "./support/cli.ts";
import { ask, openSocket } from "./support/http.ts";
import { testHub } from "./support/hub.ts";

test("a fault in a route shows nothing of itself to the caller, and all of it to the log", async () => {
  const lines: string[] = [];
  const log = pino({ level: "error" }, { write: (line) => void lines.push(line) });
  const { port, hub, close } = await startHub({ port: 0, memory: true, drain: 0 }, { log });
  onTestFinished(close);
  (hub as { topics: Hub["topics"] }).topics = () => Promise.reject(new Error("a secret of the inside"));

  const answer = await ask(port, { path: "/topics?after=a" });

  expect(answer.status).toBe(500);
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  expect(answer.json.code).toBe("internal_error");
  expect(answer.text).not.toContain("secret");
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    method: "GET",
    path: "/topics",
    err: { message: "a secret of the inside", stack: expect.stringContaining("faults.test") },
  });
});

test("a body that breaks off stores nothing and harms nobody", async () => {
  const { port } = await testHub();
  for (const framing of ["Content-Length: 10\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\na\r\nhalf"]) {
    const { socket } = await openSocket(port);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.write(`POST /topics/a HTTP/1.1\r\nHost: localhost\r\n${framing}`);
    socket.end();
    await closed;
  }
  expect((await ask(port, { path: "/topics" })).json.topics).toEqual([]);
});

test("a fault outside all requests ends the hub: it closes its store, says why, and exits 1", async () => {
  const data = join(testDirectory(), "tidings.db");
  const fault = 'process.on("SIGUSR2", () => { throw new Error("nobody expects this") })';
  const hub = await serve(["--port", "0", "--data", data, "--log-level", "debug"], {
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fault)}` },
  });
  await hub.waitFor("stderr", /the history is open/);

  hub.process.kill("SIGUSR2");

  expect(await hub.exit).toBe(1);
  const last = JSON.parse(hub.stderr().trimEnd().split("\n").at(-1) ?? "");
  expect(last).toMatchObject({ level: "fatal", err: { message: "nobody expects this" } });
});

test("the command says what to do when nothing has been built", () => {
  const directory = testDirectory();
  mkdirSync(join(directory, "bin"));
  cpSync(fileURLToPath(new URL("../bin/tidings.js", import.meta.url)), join(directory, "bin", "tidings.mjs"));
  const { status, stderr } = spawnSync(process.execPath, [join(directory, "bin", "tidings.mjs")], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toBe("tidings: not built yet; run npm run build first.\n");
});
