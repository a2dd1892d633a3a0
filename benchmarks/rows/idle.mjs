import { alternate, atLeast, atMost, middle, ratio } from "../lib/figures.mjs";
import { available, holdReaders, startServer } from "../lib/servers.mjs";

const SERVERS = ["tidings", "bare-loop", "nchan", "better-sse"];

const EACH = "bytes of RSS each";

/** What a reader costs that is only there, and how fast readers get in. */
export async function idle({ rounds, quick }) {
  const rows = [];
  for (const readers of quick ? [1_000, 5_000] : [1_000, 5_000, 15_000]) {
    const { samples, voids } = await alternate(available(SERVERS), rounds, async (name) => {
      const server = await startServer(name);
      try {
        const before = server.rss();
        const held = await holdReaders(server.port, readers);
        // No flags, no forced collection: what a server holds a while after the rush.
        await new Promise((resolve) => setTimeout(resolve, 4_000));
        const bytes = (server.rss() - before) / readers;
        await held.release();
        return { [EACH]: bytes, "connections/s": readers / held.openSeconds };
      } finally {
        await server.stop();
      }
    });
    const bytes = middle(samples, "tidings", EACH);
    const targets = [atMost("bytes of RSS each", bytes, 6_144)];
    if (readers === 15_000) {
      const before = middle(rows.at(-1)?.samples ?? {}, "tidings", EACH);
      targets.push(
        // What each further reader costs: flat, whatever the process costs once.
        atMost("bytes of RSS of each reader after the first 5,000", (bytes * 15_000 - before * 5_000) / 10_000, 6_144),
        atLeast("connections/s, times better-sse", ratio(samples, "better-sse", "connections/s"), 3),
        atLeast("connections/s, times nchan", ratio(samples, "nchan", "connections/s"), 0.5),
      );
    }
    rows.push({
      title: `${readers.toLocaleString("en")} idle readers`,
      figure: EACH,
      better: "less",
      columns: ["connections/s"],
      samples,
      voids,
      targets,
    });
  }
  return rows;
}
