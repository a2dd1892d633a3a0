import { alternate } from "../lib/figures.mjs";
import { runLoad, startServer } from "../lib/servers.mjs";

const READERS = [10, 100, 1_000, 10_000];
const HISTORIES = [1_000, 10_000, 100_000];

/** How what a delivery costs grows with readers, and memory with history. */
export async function growth({ rounds, quick }) {
  const byReaders = await alternate(READERS.map(String), rounds, async (readers) => {
    const server = await startServer("tidings");
    try {
      // As many deliveries each, up to what a few readers can be sent in the time.
      const events = Math.ceil(Math.min(40_000, 10_000_000 / Number(readers)) / (quick ? 4 : 1));
      const before = server.cpu();
      const { deliveries, perSecond, p99 } = await runLoad(readers, {
        port: server.port,
        readers: Number(readers),
        publishers: 1,
        events: Math.min(events, 4_000),
      });
      const cpu = server.cpu() - before;
      return { "µs of CPU a delivery": (cpu * 1e6) / deliveries, "deliveries/s": perSecond, "p99 ms": p99 };
    } finally {
      await server.stop();
    }
  });
  const byHistory = await alternate(HISTORIES.map(String), rounds, async (history) => {
    const server = await startServer("tidings");
    try {
      const before = server.rss();
      await runLoad(history, {
        port: server.port,
        readers: 1,
        publishers: 64,
        events: quick ? Number(history) / 10 : Number(history),
      });
      return { "RSS MiB more": (server.rss() - before) / 2 ** 20 };
    } finally {
      await server.stop();
    }
  });
  return [
    {
      title: "Growth: what a delivery costs, one publisher, by readers",
      figure: "µs of CPU a delivery",
      better: "less",
      columns: ["deliveries/s", "p99 ms"],
      samples: byReaders,
    },
    {
      title: "Growth: memory by publications, of which 20,000 are kept",
      figure: "RSS MiB more",
      better: "less",
      columns: [],
      samples: byHistory,
    },
  ];
}
