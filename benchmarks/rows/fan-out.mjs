import { alternate, atLeast, atMost, ratio } from "../lib/figures.mjs";
import { available, runLoad, startServer } from "../lib/servers.mjs";

const SERVERS = [
  "tidings",
  "bare-loop",
  "nchan",
  "better-sse",
  "graphql-sse",
  "express-foreach",
  "fastify-sse",
  "hono",
];
const IN_TURN = ["tidings", "bare-loop", "nchan", "better-sse"];
const READERS = 1_000;
/** Readers that ask at once. Pushpin asks its origin for each, and answers 502 when it is asked for more. */
const OPENING = { pushpin: 16 };
export const COLUMNS = ["p50 ms", "p99 ms", "load CPU %"];

/** 1,000 readers of one topic: 64 publishers in parallel, and one that waits for each answer. */
export async function fanOut({ rounds, quick }) {
  return [
    await measure("1,000 readers, 64 publishers in parallel", 64, {
      servers: SERVERS,
      // By server, so that a round takes each about as long.
      events: { tidings: 20_000, "bare-loop": 400, nchan: 600, "fastify-sse": 160, hono: 160, "graphql-sse": 160 },
      targets: (samples) => [
        atLeast("times nchan", ratio(samples, "nchan", "deliveries/s"), 20),
        atLeast("times better-sse", ratio(samples, "better-sse", "deliveries/s"), 60),
        atMost("p99, times nchan's", ratio(samples, "nchan", "p99 ms"), 1),
        atMost("p99, times better-sse's", ratio(samples, "better-sse", "p99 ms"), 1),
      ],
    }),
    await measure("1,000 readers, one publisher that waits for each answer", 1, {
      servers: IN_TURN,
      events: { tidings: 400, "bare-loop": 400, nchan: 400 },
      targets: (samples) => [
        atLeast("times nchan", ratio(samples, "nchan", "deliveries/s"), 1),
        atLeast("times the bare loop", ratio(samples, "bare-loop", "deliveries/s"), 0.95),
        atLeast("times better-sse", ratio(samples, "better-sse", "deliveries/s"), 1.35),
      ],
    }),
  ];

  async function measure(title, publishers, { servers, events, targets }) {
    const { samples, voids } = await alternate(available(servers), rounds, async (name) => {
      const server = await startServer(name);
      try {
        const count = Math.ceil((events[name] ?? 250) / (quick ? 4 : 1));
        return toSample(
          await runLoad(name, {
            port: server.port,
            readers: READERS,
            publishers,
            events: count,
            opening: OPENING[name] ?? 256,
          }),
        );
      } finally {
        await server.stop();
      }
    });
    return {
      title,
      figure: "deliveries/s",
      better: "more",
      columns: COLUMNS,
      samples,
      voids,
      targets: targets(samples),
    };
  }
}

export function toSample({ perSecond, p50, p99, loadCpu }) {
  return { "deliveries/s": perSecond, "p50 ms": p50, "p99 ms": p99, "load CPU %": loadCpu * 100 };
}
