import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli, serve, testDirectory } from "./support/cli.ts";
import { ask } from "./support/http.ts";
import { listen } from "./support/stream.ts";

test("tidings backup copies what a hub has while it publishes at speed, and another hub goes on from the copy", async () => {
  const directory = testDirectory();
  const [data, copy] = [join(directory, "tidings.db"), join(directory, "copy.db")];
  // What is published meanwhile, on a fast machine, is more than a topic keeps by default.
  const unbounded = ["--max-count", "none"];
  const first = await serve(["--port", "0", "--data", data, ...unbounded]);
  await ready(first.port);
  const before = await publish(first.port, 1000);

  const publishing = new AbortController();
  let last = before.at(-1) as string;
  const done = (async () => {
    while (!publishing.signal.aborted) last = (await publish(first.port, 200)).at(-1) as string;
  })();
  const cli = runCli(["backup", copy, "--data", data]);
  expect(await cli.exit, cli.stderr()).toBe(0);
  publishing.abort();
  await done;
  const told = JSON.parse(cli.stdout()) as { file: string; publications: number; bytes: number };
  expect(told).toMatchObject({ file: copy, bytes: expect.any(Number) });
  expect(told.publications).toBeGreaterThanOrEqual(before.length);
  expect((await ask(first.port, { method: "POST", path: "/topics/a", body: "later" })).status).toBe(201);

  const second = await serve(["--port", "0", "--data", copy, ...unbounded]);
  await ready(second.port);

  // All that was acknowledged before the backup is there, under the ids it was given.
  const held = await idsOf(second.port);
  expect(held.slice(0, before.length)).toEqual(before);
  expect(held).toHaveLength(told.publications);
  // A reader of before goes on without a gap; one that saw more than the copy has is told so.
  const { json } = await ask(second.port, { method: "POST", path: "/topics/a", body: "new" });
  const known = await listen(`${second.url}/events?topic=a`, { "last-event-id": held.at(-1) as string });
  await known.until(({ data }) => data === "new");
  expect(known.events.map(({ event }) => event)).not.toContain("tidings:gap");
  const ahead = await listen(`${second.url}/events?topic=a`, { "last-event-id": last });
  const gap = await ahead.until(({ event }) => event === "tidings:gap");
  expect(JSON.parse(gap.data)).toEqual({ reason: "reset", after: last, resumesAt: held.at(-1) });
  expect(await ahead.until(({ data }) => data === "new")).toMatchObject({ id: json.id });
  known.close();
  ahead.close();
});

test("it is put back as --help says", async () => {
  const directory = testDirectory();
  const [data, copy] = [join(directory, "tidings.db"), join(directory, "copy.db")];
  const first = await serve(["--port", "0", "--data", data]);
  await ready(first.port);
  const ids = await publish(first.port, 3);
  expect(await runCli(["backup", copy], { env: { TIDINGS_DATA: data } }).exit).toBe(0);
  await publish(first.port, 3);
  first.process.kill("SIGKILL");
  await first.exit;
  for (const end of ["", "-wal", "-shm"]) rmSync(data + end, { force: true });
  renameSync(copy, data);

  const second = await serve(["--port", "0", "--data", data]);
  await ready(second.port);
  expect(await idsOf(second.port)).toEqual(ids);
});

test.each([
  [[], 2, /Name the file to write: tidings backup <file>/],
  [["a.db", "b.db"], 2, /One backup at a time, but got "b\.db" too/],
  [["a.db", "--memory"], 2, /--memory is not a flag/],
  [["a.db", "--data", "none.db"], 1, /There is no file "none\.db" to back up/],
  [["package.json", "--data", "package.json"], 1, /"package\.json" is there already/],
])("tidings backup %j: exit %d", async (args, code, message) => {
  const cli = runCli(["backup", ...args]);
  expect(await cli.exit).toBe(code);
  expect(cli.stderr()).toMatch(message);
  expect(cli.stdout()).toBe("");
});

test("a history in memory has no file", async () => {
  const cli = runCli(["backup", "a.db"], { env: { TIDINGS_MEMORY: "true" } });
  expect(await cli.exit).toBe(2);
  expect(cli.stderr()).toContain("keeps its history in memory");
});

/** Publishes a batch to the topic `a`. */
async function publish(port: number, count: number): Promise<readonly string[]> {
  const body = JSON.stringify(Array.from({ length: count }, (_, n) => ({ topic: "a", data: `x${n}`.repeat(100) })));
  return (await ask(port, { method: "POST", path: "/events", body })).json.ids;
}

async function idsOf(port: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let after = ""; ; ) {
    const { json } = await ask(port, { path: `/topics/a?limit=1000${after && `&after=${after}`}` });
    ids.push(...json.events.map(({ id }: { id: string }) => id));
    if (json.upToDate) return ids;
    after = json.next;
  }
}

async function ready(port: number): Promise<void> {
  await expect.poll(async () => (await ask(port, { path: "/readyz" })).status, { timeout: 10_000 }).toBe(200);
}
