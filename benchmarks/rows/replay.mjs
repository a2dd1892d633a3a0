import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alternate, atLeast, atMost, middle, ratio } from "../lib/figures.mjs";
import { available, runLoad, startServer } from "../lib/servers.mjs";

/** How readers come back to each after a restart. */
const RETURNS = { tidings: fromDisk, "bare-loop": openingOnly };

/** Readers that come back and have missed something: all at once, and after a restart while others listen. */
export async function replay({ rounds, quick }) {
  const behind = 1_000;
  const { samples, voids } = await alternate(available(["tidings", "nchan"]), rounds, async (name) => {
    const server = await startServer(name);
    try {
      const { port } = server;
      const { first = "" } = await runLoad(name, { port, history: behind + 1 });
      const { perSecond, seconds, loadCpu } = await runLoad(name, { port, readers: 500, after: first, behind });
      return { "deliveries/s": perSecond, seconds, "load CPU %": loadCpu * 100 };
    } finally {
      await server.stop();
    }
  });
  return [
    {
      title: "Replay: 500 readers come back at once, 1,000 events behind",
      figure: "deliveries/s",
      better: "more",
      columns: ["seconds", "load CPU %"],
      samples,
      voids,
      targets: [atLeast("times nchan", ratio(samples, "nchan", "deliveries/s"), 5)],
    },
    await restart({ rounds, back: quick ? 2_000 : 10_000 }),
  ];
}

async function restart({ rounds, back }) {
  // Ten a second reach 100,000 readers a second: as much as one core writes.
  const load = { readers: 100, publishers: 8, events: 60, rate: 10, warm: 200, back };
  const { samples, voids } = await alternate(Object.keys(RETURNS), rounds, (name) => RETURNS[name](name, load));
  const figure = "live p99 ms, times before";
  return {
    title: `Restart: ${back.toLocaleString("en")} readers come back at once, 100 events behind, while 100 listen`,
    figure,
    better: "less",
    columns: ["live p99 ms", "before ms", "caught up in s", "replayed/s", "load CPU %"],
    samples,
    voids,
    targets: [
      atMost("p99 of live readers, times before", middle(samples, "tidings", figure), 2),
      atMost("the same, times that of the bare loop", ratio(samples, "bare-loop", figure), 1),
    ],
  };
}

/** Tidings is started anew, on what it had written to the disk. */
async function fromDisk(name, load) {
  const folder = mkdtempSync(join(tmpdir(), "tidings-replay-"));
  const environment = { STORE: join(folder, "tidings.db") };
  try {
    const before = await startServer(name, environment);
    const { first = "" } = await runLoad(name, { port: before.port, history: 101 }).finally(before.stop);
    return await withServer(name, environment, (port) => comeBack(name, { ...load, port, after: first, behind: 100 }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The limit: readers are let in, and have nothing to catch up with. */
function openingOnly(name, load) {
  return withServer(name, {}, (port) => comeBack(name, { ...load, port }));
}

async function withServer(name, environment, task) {
  const server = await startServer(name, environment);
  try {
    return await task(server.port);
  } finally {
    await server.stop();
  }
}

async function comeBack(name, load) {
  const { quietP99, p99, caughtUpSeconds, perSecond, loadCpu } = await runLoad(name, load);
  return {
    "live p99 ms, times before": p99 / quietP99,
    "live p99 ms": p99,
    "before ms": quietP99,
    "caught up in s": caughtUpSeconds,
    "load CPU %": loadCpu * 100,
    "replayed/s": perSecond,
  };
}
