import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { alternate, atMost, ratio } from "../lib/figures.mjs";
import { freePort, holdReaders } from "../lib/servers.mjs";

const CONTENDERS = ["tidings", "better-sse", "EventEmitter", "bare socket.write"];
const SERVER = fileURLToPath(new URL("../servers/in-process.mjs", import.meta.url));
const FIGURE = "µs of CPU an event";

/** `hub.publish` in one's own process, one event a turn of the loop: what it takes of the processor. */
export async function inProcess({ rounds, quick }) {
  const rows = [];
  for (const readers of [0, 1, 1_000]) {
    const events = (readers === 1_000 ? 300 : 20_000) / (quick ? 4 : 1);
    const { samples, voids } = await alternate(CONTENDERS, rounds, (contender) => measure(contender, readers, events));
    rows.push({
      title: `In process: one event a turn to ${readers.toLocaleString("en")} readers`,
      figure: FIGURE,
      better: "less",
      columns: [...(readers > 1 ? ["µs a reader"] : []), ...(readers > 0 ? ["load CPU %"] : [])],
      samples,
      voids,
      targets:
        readers > 1
          ? [atMost("a reader, times a bare socket.write", ratio(samples, "bare socket.write", FIGURE), 1.1)]
          : [],
    });
  }
  return rows;
}

async function measure(contender, readers, events) {
  const port = await freePort();
  const server = [process.execPath, SERVER, String(port), contender, String(readers), String(events)];
  const child = spawn("taskset", ["-c", "0", ...server]);
  child.stderr.pipe(process.stderr);
  const exited = once(child, "exit");
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const held = [];
  try {
    await lines.next();
    // The first is there while the code is compiled.
    if (readers > 0) held.push(await holdReaders(port, 1));
    await lines.next();
    if (readers > 1) held.push(await holdReaders(port, readers - 1));
    const { value } = await lines.next();
    const { microseconds } = JSON.parse(value);
    let loadCpu = 0;
    for (const each of held) {
      const { least, loadCpu: share } = await each.release();
      if (least < events) throw new Error(`void: a reader got ${least} of ${events} events`);
      loadCpu += share;
    }
    return { [FIGURE]: microseconds, "µs a reader": microseconds / Math.max(1, readers), "load CPU %": loadCpu * 100 };
  } finally {
    child.kill();
    await exited;
  }
}
