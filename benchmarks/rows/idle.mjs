import { alternate, atLeast, atMost, median, ratio } from "../lib/figures.mjs";
import { available, holdReaders, startServer } from "../lib/servers.mjs";

const SERVERS = ["tidings", "bare-loop", "nchan", "better-sse", "express-foreach"];

/** What a reader costs that is only there, and how fast readers get in. */
export async function idle({ rounds, quick }) {
  const rows = [];
  for (const readers of quick ? [1_000, 5_000] : [1_000, 5_000, 15_000]) {
    const samples = await alternate(available(SERVERS), rounds, async (name) => {
      const server = await startServer(name);
      try {
        const before = server.rss();
        const held = await holdReaders(server.port, readers);
        // No flags, no forced collection: what a server holds a while after the rush.
        await new Promise((resolve) => setTimeout(resolve, 5_000));
        const bytes = (server.rss() - before) / readers;
        await held.release();
        return { "bytes of RSS each": bytes, "connections/s": readers / held.openSeconds };
      } finally {
        await server.stop();
      }
    });
    const isLast = readers === 15_000;
    rows.push({
      title: `${readers.toLocaleString("en")} idle readers`,
      figure: "bytes of RSS each",
      better: "less",
      columns: ["connections/s"],
      samples,
      targets: isLast
        ? [
            atMost(
              "bytes of RSS each",
              median(samples.tidings ?? [], "bytes of RSS each")["bytes of RSS each"] ?? 0,
              6_144,
            ),
            atLeast("connections/s, times better-sse", ratio(samples, "better-sse", "connections/s"), 3),
            atLeast("connections/s, times nchan", ratio(samples, "nchan", "connections/s"), 0.5),
          ]
        : [],
    });
  }
  return rows;
}
