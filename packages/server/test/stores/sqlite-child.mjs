// A process of its own for the tests of the SQLite store: node sqlite-child.mjs <task> <path>
// @ts-check
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sqlite } from "@tidings/server/sqlite";

const [task = "", path = ""] = process.argv.slice(2);

const tasks = {
  /** Says when it has the store, and keeps it until it is killed. */
  async hold() {
    await open(path);
    console.log("open");
    setInterval(() => {}, 60_000);
  },

  /** Appends without end, and writes each offset once it is acknowledged. */
  async append() {
    const store = await open(path);
    for (;;) {
      await Promise.all(Array.from({ length: 8 }, async () => console.log(await append(store, 100))));
    }
  },

  /** Closes, and must then end by itself. */
  async close() {
    const store = await open(path);
    await append(store, 1);
    await store.close();
    console.log("closed");
  },

  /** Forgets to close: a store with nothing to do keeps no process alive. */
  async idle() {
    await append(await open(path), 1);
    console.log("idle");
  },

  /** Fills a disk of its own at `path`, makes room, and goes on. */
  async full() {
    mount(path, "size=2m");
    const ballast = join(path, "ballast");
    writeFileSync(ballast, Buffer.alloc(512 * 1024));
    const store = await open(join(path, "log.db"));
    const acknowledged = [];
    /** @type {string[][]} */
    const codes = [];
    while (codes.length === 0) await append(store, 16_000).then((offset) => acknowledged.push(offset), note);
    await store.check().catch(note);
    rmSync(ballast);
    await store.check();
    acknowledged.push(await append(store, 1_000));
    const page = await store.read({
      after: 0,
      filter: { topics: ["a"], patterns: [] },
      limit: 10_000,
      maxBytes: Number.MAX_SAFE_INTEGER,
    });
    await store.close();
    const stored = page.publications.map(({ offset }) => offset);
    console.log(JSON.stringify({ codes, acknowledged, stored }));

    /** @param {any} error */
    function note(error) {
      codes.push([error.code, error.message]);
    }
  },

  /** Opens what is on a disk that takes no writes. */
  async readOnly() {
    mount(path, "size=2m");
    const file = join(path, "log.db");
    const store = await open(file);
    await append(store, 1);
    await store.close();
    execFileSync("mount", ["-o", "remount,ro", path]);
    await open(file).catch((error) => console.log(JSON.stringify([error.code, error.message])));
  },
};

await tasks[/** @type {keyof typeof tasks} */ (task)]();

/** @param {string} file */
async function open(file) {
  const store = sqlite(file);
  const { head } = await store.open({
    retention: {},
    now: Date.now,
    createEpoch: () => `child${process.pid}t${Date.now()}`,
    onError: (error) => console.error(error),
    signal: new AbortController().signal,
  });
  store.tail(head, () => {});
  return store;
}

/**
 * @param {import("@tidings/server").Store} store
 * @param {number} bytes
 */
async function append(store, bytes) {
  const [appended] = await store.append([{ topic: "a", data: "x".repeat(bytes) }]);
  return appended?.offset ?? 0;
}

/**
 * A file system of this process alone; it was started with `unshare`.
 *
 * @param {string} directory
 * @param {string} options
 */
function mount(directory, options) {
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory]);
}
