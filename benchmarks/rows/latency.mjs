import { alternate, atMost, ratio } from "../lib/figures.mjs";
import { available, runLoad, startServer } from "../lib/servers.mjs";

const SERVERS = ["tidings", "bare-loop", "nchan", "better-sse"];
const EVENTS_PER_SECOND = 50;
const SECONDS = 5;
/** Events that come before those that count, since a process that has just started runs code that is not compiled yet. */
const WARM_UP = 200;

/** How late an event is at 50 events a second, counted from when it was due. */
export async function latency({ rounds, quick }) {
  const rows = [];
  for (const readers of [1, 100, 1_000]) {
    const { samples, voids } = await alternate(available(SERVERS), rounds, async (name) => {
      const server = await startServer(name);
      try {
        const events = EVENTS_PER_SECOND * (quick ? 2 : SECONDS);
        const load = { port: server.port, readers, publishers: 8, events, rate: EVENTS_PER_SECOND, warm: WARM_UP };
        const { p50, p99, loadCpu } = await runLoad(name, load);
        return { "p50 ms": p50, "p99 ms": p99, "load CPU %": loadCpu * 100 };
      } finally {
        await server.stop();
      }
    });
    const times = (other, figure) => ratio(samples, other, figure);
    rows.push({
      title: `Latency of ${readers.toLocaleString("en")} readers, 50 events a second`,
      figure: "p50 ms",
      better: "less",
      columns: ["p99 ms", "load CPU %"],
      samples,
      voids,
      targets: [
        atMost("p50, times nchan's", times("nchan", "p50 ms"), 1),
        atMost("p99, times nchan's", times("nchan", "p99 ms"), 1),
        atMost("p50, times the bare loop's", times("bare-loop", "p50 ms"), 1.5),
        atMost("p99, times the bare loop's", times("bare-loop", "p99 ms"), 1.5),
      ],
    });
  }
  return rows;
}
