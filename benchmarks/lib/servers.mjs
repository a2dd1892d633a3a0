import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildLoad } from "../load/build-load.mjs";

/**
 * @typedef {object} RunningServer
 * @property {number} port
 * @property {() => number} rss bytes, with its child processes
 * @property {() => number} cpu seconds of processor time so far, with its child processes
 * @property {() => Promise<void>} stop
 */

const run = promisify(execFile);

/** Commands of peers that are named on the command line: `--peer mercure=./mercure-bench.sh`, which gets the port. */
const named = new Map();

/** @param {string} peer `name=command` */
export function addPeer(peer) {
  const [, name, command] = /^([\w-]+)=(.+)$/s.exec(peer) ?? [];
  if (name === undefined) throw new Error(`--peer takes name=command, not "${peer}"`);
  named.set(name, command);
  return name;
}

/**
 * These servers, and those that were named on the command line.
 *
 * @param {string[]} servers
 */
export function available(servers) {
  return [...servers, ...named.keys()];
}

/** What a peer needs that npm does not bring. @type {Record<string, { file: string, from: string }[]>} */
const NEEDS = {
  nchan: [{ file: "/usr/lib/nginx/modules/ngx_nchan_module.so", from: "libnginx-mod-nchan" }],
  pushpin: [
    { file: "/usr/bin/pushpin", from: "pushpin" },
    { file: "/usr/bin/zurl", from: "zurl" },
  ],
};
NEEDS["nchan-redis"] = [...(NEEDS.nchan ?? []), { file: "/usr/bin/redis-server", from: "redis-server" }];

/**
 * Starts a server in a fresh process on the first core.
 *
 * @param {string} name
 * @param {Record<string, string>} [environment]
 * @returns {Promise<RunningServer>}
 */
export async function startServer(name, environment = {}) {
  for (const { file, from } of NEEDS[name] ?? []) {
    if (!existsSync(file)) throw new Error(`not installed here: sudo apt-get install ${from}`);
  }
  const port = await freePort();
  const command = named.has(name)
    ? ["sh", "-c", `exec ${named.get(name)} ${port}`]
    : [process.execPath, fileURLToPath(new URL(`../servers/${name}.mjs`, import.meta.url)), String(port)];
  const child = spawn("taskset", ["-c", "0", ...command], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ...environment },
  });
  const exited = once(child, "exit");
  const stop = async () => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await exited;
    clearTimeout(timer);
  };
  await untilListening(port, child).catch(async (error) => {
    await stop();
    throw error;
  });
  const pids = () => [child.pid ?? 0, ...childrenOf(child.pid ?? 0)];
  return {
    port,
    rss: () => sum(pids().map((pid) => Number(/VmRSS:\s+(\d+)/.exec(proc(pid, "status"))?.[1] ?? 0))) * 1024,
    cpu: () => sum(pids().map(cpuSeconds)),
    stop,
  };
}

/**
 * Runs the load on the second core, to its end.
 *
 * @param {string} server for the message
 * @param {Record<string, string | number>} options of load/load.c
 * @param {() => void} [onOpened] called when all readers are there and the first event goes out
 * @returns {Promise<Record<string, number> & { first?: string }>}
 * @throws {Error} if the run is void: a reader did not get each event once and in order, or an answer was no proper HTTP
 */
export async function runLoad(server, options, onOpened = () => {}) {
  const running = run(buildLoad(), toArguments({ core: 1, ...options }), { timeout: 180_000 });
  running.child.stderr?.once("data", onOpened);
  const { stdout } = await running.catch((error) => error);
  return toResult(stdout, server);
}

/**
 * Opens readers that do nothing but read and check, until they are let go.
 *
 * @param {number} port
 * @param {number} readers
 * @param {Record<string, string | number>} [options] of load/load.c
 * @throws {Error} if the run is void, as of `runLoad`
 */
export async function holdReaders(port, readers, options = {}) {
  const child = spawn(buildLoad(), [...toArguments({ core: 1, port, readers, ...options }), "--idle"]);
  const exited = once(child, "exit");
  // A void run ends it before it is let go.
  child.stdin.on("error", () => {});
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const { openSeconds, loadCpu } = toResult((await lines.next()).value, "readers");
  return {
    openSeconds,
    /** Share of a core while they came. */
    loadCpu,
    /**
     * What they got, when what is on its way has come: the events of the reader with the fewest, and the load's share of its core.
     * Throws if the run is void.
     */
    async release() {
      child.stdin.end();
      const { value } = await lines.next();
      await exited;
      return toResult(value, "readers");
    },
  };
}

/** @param {string | undefined} line what the load printed @param {string} server */
function toResult(line, server) {
  const result = JSON.parse(line || '{"void":"the load was killed, after three minutes"}');
  if (result.void !== undefined) throw new Error(`${server}: ${result.void}`);
  return result;
}

/** @param {Record<string, string | number>} options */
function toArguments(options) {
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

/** @param {number} pid @returns {number[]} */
function childrenOf(pid) {
  const children = proc(pid, `task/${pid}/children`).trim().split(" ").filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...childrenOf(child)]);
}

/** Fields 14 and 15 of `/proc/<pid>/stat`, in ticks of 10 ms. @param {number} pid */
function cpuSeconds(pid) {
  const fields = proc(pid, "stat")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** @param {number} pid @param {string} file */
function proc(pid, file) {
  return readFileSync(`/proc/${pid}/${file}`, "utf8");
}

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

export async function freePort() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}

/** @param {number} port @param {import("node:child_process").ChildProcess} child */
async function untilListening(port, child) {
  for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
    const open = await fetch(`http://127.0.0.1:${port}/none`, { method: "POST" }).then(
      () => true,
      () => false,
    );
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Nothing listens on ${port}`);
}
