// A process of its own for the tests of the SQLite store: node sqlite-child.mjs <task> <path>
import { writeSync } from "node:fs";
import { sqlite } from "@tidings/server/sqlite";

const [task, path] = process.argv.slice(2);
const store = sqlite(path);
const epoch = `child${process.pid}t${Date.now()}`;
const opened = await store.open({
  retention: {},
  now: Date.now,
  createEpoch: () => epoch,
  onError: (error) => console.error(error),
  signal: new AbortController().signal,
});
store.tail(opened.head, () => {});

const tasks = {
  /** Says when it has the store, and keeps it until it is killed. */
  hold() {
    console.log("open");
    setInterval(() => {}, 60_000);
  },

  /** Appends without end, and writes each offset once it is acknowledged. Never buffers: what is said was acknowledged. */
  async append() {
    for (;;) {
      const batch = Array.from({ length: 8 }, async () => {
        const [{ offset }] = await store.append([{ topic: "a", data: "x".repeat(100) }]);
        writeSync(1, `${offset}\n`);
      });
      await Promise.all(batch);
    }
  },

  /** Opens, appends, closes, and must then end by itself. */
  async exit() {
    await store.append([{ topic: "a", data: "1" }]);
    await store.close();
    console.log("closed");
  },

  /** Opens, appends and forgets to close: an idle store keeps no process alive. */
  async idle() {
    await store.append([{ topic: "a", data: "1" }]);
    console.log("idle");
  },
};

await tasks[task]();
