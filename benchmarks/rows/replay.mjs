import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alternate, atLeast, atMost, middle, ratio } from "../lib/figures.mjs";
import { available, runLoad, startServer } from "../lib/servers.mjs";

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
  const { samples, voids } = await alternate(["tidings"], rounds, async (name) => {
    const folder = mkdtempSync(join(tmpdir(), "tidings-replay-"));
    const environment = { STORE: join(folder, "tidings.db") };
    try {
      const before = await startServer(name, environment);
      const { first = "" } = await runLoad(name, { port: before.port, history: 101 }).finally(before.stop);
      const after = await startServer(name, environment);
      try {
        const load = {
          port: after.port,
          readers: 100,
          publishers: 8,
          events: 200,
          rate: 50,
          back,
          after: first,
          behind: 100,
        };
        const { quietP99, p99, caughtUpSeconds, perSecond, loadCpu } = await runLoad(name, load);
        return {
          "live p99 ms, times before": p99 / quietP99,
          "live p99 ms": p99,
          "before ms": quietP99,
          "caught up in s": caughtUpSeconds,
          "load CPU %": loadCpu * 100,
          "replayed/s": perSecond,
        };
      } finally {
        await after.stop();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
  const figure = "live p99 ms, times before";
  return {
    title: `Restart: ${back.toLocaleString("en")} readers come back at once, 100 events behind, while 100 listen`,
    figure,
    better: "less",
    columns: ["live p99 ms", "before ms", "caught up in s", "replayed/s", "load CPU %"],
    samples,
    voids,
    targets: [atMost("p99 of live readers, times before", middle(samples, "tidings", figure), 2)],
  };
}
