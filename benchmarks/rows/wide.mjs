import { alternate, atMost, ratio } from "../lib/figures.mjs";
import { runLoad, startServer } from "../lib/servers.mjs";

// Each is the first row's load, spread differently: events that reach as many readers in all.
const SHAPES = {
  "1,000 readers of one topic": { readers: 1_000, events: 15_000 },
  "15,000 readers of one topic": { readers: 15_000, events: 1_000 },
  "15,000 readers of 15,000 topics": { readers: 15_000, topics: 15_000, events: 150_000 },
  "1,000 readers of 20 of 500 topics": { readers: 1_000, topics: 500, "per-reader": 20, events: 50_000 },
};

/** What a delivery costs the server where readers, topics and both are many. */
export async function wide({ rounds, quick }) {
  const samples = await alternate(Object.keys(SHAPES), rounds, async (shape) => {
    const { readers, topics = 1, events, ...rest } = SHAPES[shape];
    const count = quick ? Math.ceil(events / 4 / topics) * topics : events;
    const server = await startServer("tidings");
    try {
      const load = { port: server.port, readers, topics, publishers: 64, events: count, ...rest };
      const { perSecond, deliveries, seconds, p50, p99, loadCpu } = await runLoad(shape, load);
      return {
        "µs a delivery": (seconds * 1e6) / deliveries,
        "deliveries/s": perSecond,
        "publications/s": count / seconds,
        "p50 ms": p50,
        "p99 ms": p99,
        "load CPU %": loadCpu * 100,
      };
    } finally {
      await server.stop();
    }
  });
  const [first = "", ...others] = Object.keys(SHAPES);
  return [
    {
      title: "Fan-out, wide: what a delivery costs",
      figure: "µs a delivery",
      better: "less",
      columns: ["deliveries/s", "publications/s", "p50 ms", "p99 ms", "load CPU %"],
      samples,
      targets: others.map((shape) =>
        atMost(`${shape}, times ${first}`, ratio(samples, first, "µs a delivery", shape), 1.3),
      ),
    },
  ];
}
