import { alternate, atLeast, atMost, middle, ratio } from "../lib/figures.mjs";
import { runLoad, startServer } from "../lib/servers.mjs";

const CONTENDERS = ["tidings", "tidings, all fast"];
/** Events before those that count: until the kernel's own buffers of slow sockets, 4 MB each, are as full as they get. */
const WARM_UP = 30_000;

/** A tenth of 1,000 readers reads 1 KB a second. What do the others lose by it, and what does the server hold? */
export async function slowReaders({ rounds, quick }) {
  const { samples, voids } = await alternate(CONTENDERS, rounds, async (contender) => {
    const [name = "", rest] = contender.split(", ");
    const isSlow = rest === undefined;
    const server = await startServer(name);
    try {
      // The same sockets in both. What is compared is how fast events get through to all who read.
      const load = { readers: 1_000, warm: WARM_UP, ...(isSlow && { slow: 10 }) };
      const events = 20_000 / (quick ? 4 : 1);
      const { seconds, p99, slowClosed, loadCpu } = await runLoad(contender, {
        port: server.port,
        publishers: 64,
        events,
        ...load,
      });
      return {
        "events/s": events / seconds,
        "p99 ms": p99,
        "RSS MiB": server.rss() / 2 ** 20,
        "slow readers closed": slowClosed,
        "load CPU %": loadCpu * 100,
      };
    } finally {
      await server.stop();
    }
  });
  return [
    {
      title: "Slow readers: 100 of 1,000 read 1 KB/s",
      figure: "events/s",
      better: "more",
      columns: ["p99 ms", "RSS MiB", "slow readers closed", "load CPU %"],
      samples,
      voids,
      targets: [
        atLeast(
          "events/s of the other 900, times the run without slow ones",
          ratio(samples, "tidings, all fast", "events/s"),
          0.9,
        ),
        atMost(
          "MiB of RSS more than without slow ones (100 readers, 256 KiB a socket by default)",
          middle(samples, "tidings", "RSS MiB") - middle(samples, "tidings, all fast", "RSS MiB"),
          25,
        ),
      ],
    },
  ];
}
