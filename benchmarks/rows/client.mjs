import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { node24 } from "../../scripts/node24.mjs";
import { alternate, atLeast, ratio } from "../lib/figures.mjs";

const run = promisify(execFile);
const CONTENDER = fileURLToPath(new URL("../client/contender.mjs", import.meta.url));
const FIGURE = "events/s";
const PEER = "eventsource 5";
/** The platform's own part of every EventSource: an event is made, and dispatched. */
const LIMIT = "bare MessageEvent";

/** From bytes to a listener, without the network, on the Node that the peer asks for; see client/README.md. */
export async function client({ rounds, quick }) {
  const node = node24();
  const events = quick ? 200_000 : 500_000;
  const { samples, voids } = await alternate(
    ["tidings connect", "tidings EventSource", PEER, LIMIT],
    rounds,
    async (name) => {
      const { stdout } = await run("taskset", ["-c", "0", node, CONTENDER, name, String(events)], { timeout: 60_000 });
      return { [FIGURE]: JSON.parse(stdout).events };
    },
  );
  return [
    {
      title: "Client: parsed and dispatched in Node",
      figure: FIGURE,
      better: "more",
      columns: [],
      samples,
      voids,
      targets: [
        atLeast("connect, times eventsource 5", ratio(samples, PEER, FIGURE), 2),
        atLeast("EventSource, times eventsource 5", ratio(samples, PEER, FIGURE, "tidings EventSource"), 2),
      ],
    },
  ];
}
