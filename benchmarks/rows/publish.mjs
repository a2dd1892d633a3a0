import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { alternate, atLeast, middle, ratio } from "../lib/figures.mjs";
import { available, runLoad, startServer } from "../lib/servers.mjs";

const run = promisify(execFile);
const BATCHES = fileURLToPath(new URL("../load/batches.mjs", import.meta.url));
const FIGURE = "publications/s";

/** Publications that are acknowledged, over HTTP: one by one, by many at once, and in batches; in memory and on the disk. */
export async function publish({ rounds, quick }) {
  const folder = mkdtempSync(join(tmpdir(), "tidings-publish-"));
  let files = 0;
  const hubs = {
    "tidings, memory": () => startServer("tidings-hub"),
    "tidings, disk": () => startServer("tidings-hub", { STORE: join(folder, `${files++}.db`) }),
  };
  const peers = available(["nchan", "nchan-redis"]);
  const servers = { ...hubs, ...Object.fromEntries(peers.map((name) => [name, () => startPeer(name)])) };
  try {
    return [
      await publishers("One by one", 1, quick ? 500 : 1_500),
      await publishers("64 publishers", 64, quick ? 2_000 : 10_000),
      await batches(quick ? 200 : 1_500),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }

  async function publishers(title, count, events) {
    const { samples, voids } = await alternate(Object.keys(servers), rounds, async (name) => {
      const server = await servers[name]();
      try {
        const { seconds, loadCpu } = await runLoad(name, { port: server.port, readers: 1, publishers: count, events });
        return { [FIGURE]: events / seconds, "load CPU %": loadCpu * 100 };
      } finally {
        await server.stop();
      }
    });
    const onDisk = "nchan-redis";
    return {
      title: `Publish: ${title}, each waits for its answer`,
      figure: FIGURE,
      better: "more",
      columns: ["load CPU %"],
      samples,
      voids,
      targets: [atLeast("on the disk, times nchan with Redis", ratio(samples, onDisk, FIGURE, "tidings, disk"), 5)],
    };
  }

  async function batches(count) {
    const { samples, voids } = await alternate(Object.keys(hubs), rounds, async (name) => {
      const server = await hubs[name]();
      try {
        const { stdout } = await run("taskset", [
          "-c",
          "1",
          process.execPath,
          BATCHES,
          String(server.port),
          String(count),
          "8",
        ]);
        const { perSecond, loadCpu } = JSON.parse(stdout);
        return { [FIGURE]: perSecond, "load CPU %": loadCpu * 100 };
      } finally {
        await server.stop();
      }
    });
    return {
      title: "Publish: batches of 100 as NDJSON, 8 publishers",
      figure: FIGURE,
      better: "more",
      columns: ["load CPU %"],
      samples,
      voids,
      targets: Object.keys(hubs).map((name) =>
        atLeast(`${name}, publications/s`, middle(samples, name, FIGURE), 100_000),
      ),
    };
  }
}

async function startPeer(name) {
  const server = await startServer(name);
  // nchan connects to Redis after it listens, and refuses what comes before.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  return server;
}
