import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { node24 } from "../../scripts/node24.mjs";
import { alternate, atLeast, ratio } from "../lib/figures.mjs";
import { workloads } from "../parse/workloads.mjs";

const run = promisify(execFile);
const CONTENDER = fileURLToPath(new URL("../parse/contender.mjs", import.meta.url));
const FIGURE = "events/s";

/** The parser beside eventsource-parser, on the Node that one asks for; see parse/README.md. */
export async function parse({ rounds, quick }) {
  const node = node24();
  const rows = [];
  for (const name of quick ? ["data", "huge", "single"] : Object.keys(workloads)) {
    const { samples, voids } = await alternate(["@tidings/wire", "eventsource-parser"], rounds, async (contender) => {
      const { stdout } = await run("taskset", ["-c", "0", node, CONTENDER, contender, name]);
      const { events, bytes } = JSON.parse(stdout);
      return { [FIGURE]: events, "MB/s": bytes / 1e6 };
    });
    rows.push({
      title: `Parse: ${workloads[name].title}`,
      figure: FIGURE,
      better: "more",
      columns: ["MB/s"],
      samples,
      voids,
      targets: [atLeast("times eventsource-parser 4", ratio(samples, "eventsource-parser", FIGURE), 1)],
    });
  }
  return rows;
}
