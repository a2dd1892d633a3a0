import { alternate, atMost, ratio } from "../lib/figures.mjs";
import { runLoad, startServer } from "../lib/servers.mjs";

const FIRST = "1,000 readers of one topic";
const SHAPES = {
  [FIRST]: { readers: 1_000 },
  "15,000 readers of one topic": { readers: 15_000 },
  "15,000 readers of 15,000 topics": { readers: 15_000, topics: 15_000 },
  "1,000 readers of 20 of 500 topics": { readers: 1_000, topics: 500, "per-reader": 20 },
};
const COST = "µs of the server's CPU a delivery";

/** The first row's load, spread differently: every event is a POST of its own, so that a topic with one reader pays for it alone. */
const SATURATED = {
  publishers: 64,
  events: { [FIRST]: 10_000, "15,000 readers of one topic": 700, "15,000 readers of 15,000 topics": 60_000 },
  rest: 25_000,
};
/**
 * One publisher that waits for each answer, and as many events a POST as reach about as many readers: what one delivery costs
 * that is a write of its own, without the requests. (15,000 readers of one topic get 15 times as many a POST.)
 */
const BY_WRITE = {
  publishers: 1,
  events: { [FIRST]: 400, "15,000 readers of one topic": 30, "15,000 readers of 15,000 topics": 300_000 },
  batch: { "15,000 readers of 15,000 topics": 1_000, "1,000 readers of 20 of 500 topics": 25 },
  rest: 10_000,
};

/** What a delivery costs the server where readers, topics and both are many. */
export async function wide({ rounds, quick }) {
  return [
    await measure("Fan-out, wide: 64 publishers in parallel", SATURATED),
    await measure("Fan-out, wide: one publisher, a write for each delivery", BY_WRITE),
  ];

  async function measure(title, { publishers, events, batch = {}, rest }) {
    const { samples, voids } = await alternate(Object.keys(SHAPES), rounds, async (shape) => {
      const { topics = 1, ...load } = SHAPES[shape];
      const count = Math.ceil((events[shape] ?? rest) / (quick ? 4 : 1) / topics) * topics;
      const server = await startServer("tidings");
      try {
        const options = { port: server.port, topics, publishers, events: count, batch: batch[shape] ?? 1, ...load };
        let before = 0;
        const { perSecond, deliveries, seconds, p50, p99, loadCpu } = await runLoad(shape, options, () => {
          before = server.cpu();
        });
        return {
          [COST]: ((server.cpu() - before) * 1e6) / deliveries,
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
    return {
      title,
      figure: COST,
      better: "less",
      columns: ["deliveries/s", "publications/s", "p50 ms", "p99 ms", "load CPU %"],
      samples,
      ours: Object.keys(SHAPES),
      voids,
      targets: Object.keys(SHAPES)
        .filter((shape) => shape !== FIRST)
        .map((shape) => atMost(`${shape}, times ${FIRST}`, ratio(samples, FIRST, COST, shape), 1.3)),
    };
  }
}
