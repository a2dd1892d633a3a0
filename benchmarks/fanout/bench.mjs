// Fan-out and idle memory, side by side: every server in a fresh process on one core, the load on the other, the servers
// alternating round by round. See ../README.md for the method.
//
//   node benchmarks/fanout/bench.mjs [--rounds 5] [--quick] [--only saturated,turn,idle]
import { execFile, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { buildLoad } from "../load/build-load.mjs";

const { values } = parseArgs({
  options: { rounds: { type: "string" }, quick: { type: "boolean", default: false }, only: { type: "string" } },
});
const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
const only = values.only?.split(",");
const load = buildLoad();
const run = promisify(execFile);

const servers = ["tidings", "bare-loop", "better-sse", "nchan"].filter(
  (name) => name !== "nchan" || existsSync("/usr/lib/nginx/modules/ngx_nchan_module.so"),
);

// Events by server, so that a round takes each about as long.
const rows = {
  saturated: {
    title: "1,000 readers, 64 publishers in parallel",
    publishers: 64,
    events: { tidings: 40_000, "bare-loop": 1_000, "better-sse": 500, nchan: 2_000 },
  },
  turn: {
    title: "1,000 readers, one publisher waiting for each answer",
    publishers: 1,
    events: { tidings: 800, "bare-loop": 800, "better-sse": 500, nchan: 800 },
  },
};

console.log(`${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}, ${rounds} rounds\n`);
for (const [name, row] of Object.entries(rows)) {
  if (only && !only.includes(name)) continue;
  const results = await alternate((server) => fanOut(server, row));
  print(row.title, results, "perSecond", ["deliveries/s", "p50 ms", "p99 ms", "load CPU"], (result) => [
    thousands(result.perSecond),
    result.p50.toFixed(1),
    result.p99.toFixed(1),
    `${Math.round(result.loadCpu * 100)} %`,
  ]);
}
for (const readers of [1_000, 5_000, 15_000]) {
  if (only && !only.includes("idle")) continue;
  const results = await alternate((server) => idle(server, readers));
  print(`${thousands(readers)} idle readers`, results, "bytes", ["bytes of RSS each", "connections/s"], (result) => [
    thousands(result.bytes),
    thousands(readers / result.openSeconds),
  ]);
}

/** Every server once a round, so that what the machine does meanwhile meets them all. */
async function alternate(measure) {
  const results = Object.fromEntries(servers.map((server) => [server, []]));
  for (let round = 0; round < rounds; round++) {
    for (const server of servers) results[server].push(await measure(server));
  }
  return results;
}

async function fanOut(server, { publishers, events }) {
  return withServer(server, async ({ port }) => {
    const count = values.quick ? Math.ceil(events[server] / 4) : events[server];
    const { stdout } = await run("taskset", [
      ...["-c", "1", load, "--port", port, "--readers", 1000, "--publishers", publishers, "--events", count].map(
        String,
      ),
    ]);
    const result = JSON.parse(stdout);
    if (result.void || result.lost || result.duplicated || result.reordered)
      throw new Error(`${server}: void: ${stdout}`);
    return result;
  });
}

async function idle(server, readers) {
  return withServer(server, async ({ port, pids }) => {
    const before = rss(pids());
    const client = spawn(
      "taskset",
      ["-c", "1", load, "--port", port, "--readers", String(readers), "--idle"].map(String),
    );
    const { openSeconds } = JSON.parse(await new Promise((resolve) => client.stdout.once("data", resolve)));
    // No flags, no forced collection: what a server holds a while after the rush.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const bytes = (rss(pids()) - before) / readers;
    client.stdin.end();
    await new Promise((resolve) => client.once("exit", resolve));
    return { bytes, openSeconds };
  });
}

async function withServer(server, measure) {
  const port = await freePort();
  const script = fileURLToPath(new URL(`servers/${server}.mjs`, import.meta.url));
  const child = spawn("taskset", ["-c", "0", process.execPath, script, String(port)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  try {
    await untilListening(port);
    return await measure({ port, pids: () => [child.pid, ...childrenOf(child.pid)] });
  } finally {
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await exited;
  }
}

function childrenOf(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
  return children.flatMap((child) => [child, ...childrenOf(child)]);
}

function rss(pids) {
  const kilobytes = pids.map((pid) =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0),
  );
  return kilobytes.reduce((sum, each) => sum + each, 0) * 1024;
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilListening(port) {
  for (let tries = 0; tries < 100; tries++) {
    const open = await fetch(`http://127.0.0.1:${port}/none`, { method: "POST" }).then(
      () => true,
      () => false,
    );
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Nothing listens on ${port}`);
}

function print(title, results, figure, columns, cells) {
  const middle = (list) => list.toSorted((a, b) => a[figure] - b[figure])[Math.floor(list.length / 2)];
  const ours = middle(results.tidings)[figure];
  console.log(`### ${title}\n`);
  console.log(
    `| | ${columns.join(" | ")} | spread | Tidings is |\n|---|${columns.map(() => "---:|").join("")}---:|---:|`,
  );
  for (const [server, list] of Object.entries(results)) {
    const sorted = list.map((each) => each[figure]).sort((a, b) => a - b);
    const spread = `${thousands(sorted[0])} to ${thousands(sorted.at(-1))}`;
    const ratio = server === "tidings" ? "" : `${(ours / middle(list)[figure]).toFixed(2)}x`;
    console.log(`| ${server} | ${cells(middle(list)).join(" | ")} | ${spread} | ${ratio} |`);
  }
  console.log();
}

function thousands(number) {
  return Math.round(number).toLocaleString("en");
}
