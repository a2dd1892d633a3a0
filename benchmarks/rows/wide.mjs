import { alternate, atMost, ratio } from "../lib/figures.mjs";
import { runLoad, startServer } from "../lib/servers.mjs";

const FIRST = "1,000 readers of one topic";
const MANY = "15,000 readers of one topic";
const SINGLE = "15,000 readers of 15,000 topics";
const SOME = "1,000 readers of 20 of 500 topics";
const SHAPES = {
  [FIRST]: { readers: 1_000 },
  [MANY]: { readers: 15_000 },
  [SINGLE]: { readers: 15_000, topics: 15_000 },
  [SOME]: { readers: 1_000, topics: 500, "per-reader": 20 },
};
/** What the bare loop needs for the same: the requests, where each is for few readers; the writes, where it is for many. */
const REQUESTS = { [`bare loop, ${SINGLE}`]: SINGLE, [`bare loop, ${SOME}`]: SOME };
const WRITES = { [`bare loop, ${FIRST}`]: FIRST, [`bare loop, ${MANY}`]: MANY };
const COST = "µs of the server's CPU a delivery";

/** The first row's load, spread differently: every event is a POST of its own, so that a topic with one reader pays for it alone. */
const SATURATED = {
  limits: REQUESTS,
  publishers: 64,
  events: { [FIRST]: 10_000, [MANY]: 700, [SINGLE]: 60_000 },
  rest: 25_000,
};
/**
 * One publisher that waits for each answer, and as many events a POST as reach about as many readers: what one delivery costs
 * that is a write of its own, without the requests. (15,000 readers of one topic get 15 times as many a POST.)
 */
const BY_WRITE = {
  limits: WRITES,
  publishers: 1,
  events: { [FIRST]: 400, [MANY]: 30, [SINGLE]: 300_000 },
  batch: { [SINGLE]: 1_000, [SOME]: 25 },
  rest: 10_000,
};

/** What a delivery costs the server where readers, topics and both are many. */
export async function wide({ rounds, quick }) {
  return [
    await measure("Fan-out, wide: 64 publishers in parallel", SATURATED),
    await measure("Fan-out, wide: one publisher, a write for each delivery", BY_WRITE),
  ];

  async function measure(title, { limits, publishers, events, batch = {}, rest }) {
    const contenders = [...Object.keys(SHAPES), ...Object.keys(limits)];
    const { samples, voids } = await alternate(contenders, rounds, async (contender) => {
      const shape = limits[contender] ?? contender;
      const { topics = 1, ...load } = SHAPES[shape];
      const count = Math.ceil((events[shape] ?? rest) / (quick ? 4 : 1) / topics) * topics;
      const server = await startServer(contender === shape ? "tidings" : "bare-loop");
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
