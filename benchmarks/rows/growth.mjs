import { alternate } from "../lib/figures.mjs";
import { runLoad, startServer } from "../lib/servers.mjs";

const READERS = [10, 100, 1_000, 10_000];
const HISTORIES = [1_000, 20_000, 100_000];
const COST = "µs of CPU a delivery";
const MEMORY = "RSS MiB more";

/** How what a delivery costs grows with readers, and memory with history. */
export async function growth({ rounds, quick }) {
  const { samples: byReaders, voids } = await alternate(READERS.map(String), rounds, async (readers) => {
    const server = await startServer("tidings");
    try {
      // As many deliveries each, up to what a few readers can be sent in the time.
      const events = Math.ceil(Math.min(3_000, 600_000 / Number(readers)) / (quick ? 4 : 1));
      let before = 0;
      const load = { port: server.port, readers: Number(readers), publishers: 1, events };
      const { deliveries, perSecond, p99, loadCpu } = await runLoad(readers, load, () => {
        before = server.cpu();
      });
      const cpu = server.cpu() - before;
      return {
        [COST]: (cpu * 1e6) / deliveries,
        "deliveries/s": perSecond,
        "p99 ms": p99,
        "load CPU %": loadCpu * 100,
      };
    } finally {
      await server.stop();
    }
  });
  const { samples: byHistory, voids: voidsByHistory } = await alternate(
    HISTORIES.map(String),
    rounds,
    async (history) => {
      const server = await startServer("tidings");
      try {
        const before = server.rss();
        await runLoad(history, {
          port: server.port,
          readers: 1,
          publishers: 64,
          events: Number(history),
        });
        return { [MEMORY]: (server.rss() - before) / 2 ** 20 };
      } finally {
        await server.stop();
      }
    },
  );
  return [
    {
      title: "Growth: what a delivery costs, one publisher, by readers",
      curve: "readers",
      figure: COST,
      better: "less",
      columns: ["deliveries/s", "p99 ms", "load CPU %"],
      samples: byReaders,
      voids,
      targets: [],
    },
    {
      title: "Growth: memory by publications, of which 20,000 are kept",
      curve: "publications",
      figure: MEMORY,
      better: "less",
      columns: [],
      samples: byHistory,
      voids: voidsByHistory,
      targets: [],
    },
  ];
}
