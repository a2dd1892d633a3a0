import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { loadDriver } from "../../server/src/stores/sqlite/driver.ts";
import { serve, serveAlone, testDirectory } from "./support/cli.ts";
import { ask } from "./support/http.ts";
import { testHub } from "./support/hub.ts";

/** A process in which the thread of the store dies at SIGUSR2. */
const MORTAL = `import { Worker } from "node:worker_threads";
process.on("worker", (worker) => process.once("SIGUSR2", () => worker.postMessage(null)));`;

describe("/readyz tells what keeps publications out, and when it has passed", () => {
  test("a full disk", async () => {
    const directory = testDirectory();
    const hub = await serveAlone(directory, ["--port", "0", "--data", join(directory, "tidings.db")]);
    await expect.poll(() => ready(hub.port), { timeout: 10_000 }).toEqual([200, "ready"]);
    const filler = join(hub.inside, "filler");
    expect(() => writeFileSync(filler, Buffer.alloc(64 * 2 ** 20))).toThrow(/ENOSPC/);
    const body = "x".repeat(2 ** 20);
    await expect
      .poll(async () => (await ask(hub.port, { method: "POST", path: "/topics/a", body })).json.code)
      .toBe("store_full");

    expect(await ready(hub.port)).toEqual([503, "store_full"]);
    // No restart would mend it.
    expect((await ask(hub.port, { path: "/healthz" })).status).toBe(200);
    expect((await ask(hub.port, { path: "/topics" })).status).toBe(200);

    rmSync(filler);
    expect(await ready(hub.port)).toEqual([200, "ready"]);
    expect((await ask(hub.port, { method: "POST", path: "/topics/a", body })).status).toBe(201);
  });

  test("a program that writes to the file and does not let go", async () => {
    const data = join(testDirectory(), "tidings.db");
    const { port } = await testHub({ data });
    const other = (await loadDriver())(data);
    other.exec("BEGIN IMMEDIATE");
    // SQLite waits for a while before it gives up.
    expect(await ready(port)).toEqual([503, "store_failed"]);
    expect((await ask(port, { path: "/healthz" })).status).toBe(200);
    other.exec("ROLLBACK");
    other.close();
    expect(await ready(port)).toEqual([200, "ready"]);
  }, 20_000);
});

describe("a store whose thread has died", () => {
  test("fails both: only a restart helps", async () => {
    const created = once(process, "worker");
    const { port, hub, lost } = await testHub({ data: join(testDirectory(), "tidings.db") });
    const [worker] = (await created) as [Worker];
    expect((await ask(port, { path: "/healthz" })).status).toBe(200);
    worker.postMessage(null);
    expect((await lost).code).toBe("store_lost");
    for (const path of ["/healthz", "/readyz"]) {
      const answer = await ask(port, { path });
      expect([path, answer.status, answer.json.code]).toEqual([path, 503, "store_lost"]);
    }
    expect(hub.status().state).toBe("open");
  });

  test("ends tidings serve, which a supervisor starts again", async () => {
    const data = join(testDirectory(), "tidings.db");
    const options = { env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(MORTAL)}` } };
    const hub = await serve(["--port", "0", "--data", data], options);
    await expect.poll(() => ready(hub.port), { timeout: 10_000 }).toEqual([200, "ready"]);
    await ask(hub.port, { method: "POST", path: "/topics/a", body: "kept" });
    hub.process.kill("SIGUSR2");
    expect(await hub.exit).toBe(1);
    expect(hub.stderr()).toContain("the history is lost to this process");

    const next = await serve(["--port", "0", "--data", data]);
    await expect.poll(() => ready(next.port), { timeout: 10_000 }).toEqual([200, "ready"]);
    expect((await ask(next.port, { path: "/topics/a" })).json.events).toMatchObject([{ data: "kept" }]);
  });
});

/** The status of `/readyz`, and what it says. */
async function ready(port: number): Promise<[number, string]> {
  const { status, json } = await ask(port, { path: "/readyz" });
  return [status, json.code ?? json.status];
}
