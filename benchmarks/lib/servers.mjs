import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
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
 * Those of the servers that can run here.
 *
 * @param {string[]} servers
 */
export function available(servers) {
  const hasNchan = existsSync("/usr/lib/nginx/modules/ngx_nchan_module.so");
  return [...servers.filter((name) => !name.startsWith("nchan") || hasNchan), ...named.keys()];
}

/**
 * Starts a server in a fresh process on the first core.
 *
 * @param {string} name
 * @param {Record<string, string>} [environment]
 * @returns {Promise<RunningServer>}
 */
export async function startServer(name, environment = {}) {
  const port = await freePort();
  const command = named.has(name)
    ? ["sh", "-c", `exec ${named.get(name)} ${port}`]
    : [process.execPath, fileURLToPath(new URL(`../servers/${name}.mjs`, import.meta.url)), String(port)];
  const child = spawn("taskset", ["-c", "0", ...command], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ...environment },
  });
  const exited = once(child, "exit");
  await untilListening(port);
  const pids = () => [child.pid ?? 0, ...childrenOf(child.pid ?? 0)];
  return {
    port,
    rss: () => sum(pids().map((pid) => Number(/VmRSS:\s+(\d+)/.exec(proc(pid, "status"))?.[1] ?? 0))) * 1024,
    cpu: () => sum(pids().map(cpuSeconds)),
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/**
 * Runs the load on the second core, to its end. A run in which an event was lost, repeated or misplaced is void.
 *
 * @param {string} server for the message
 * @param {Record<string, string | number>} options
 * @returns {Promise<Record<string, number> & { first?: string }>}
 */
export async function runLoad(server, options) {
  const { stdout } = await run("taskset", ["-c", "1", buildLoad(), ...toArguments(options)]).catch((error) => error);
  const result = JSON.parse(stdout || '{"void":"the load was killed"}');
  if (result.void || result.lost || result.duplicated || result.reordered)
    throw new Error(`${server}: void: ${stdout}`);
  return result;
}

/**
 * Opens readers that do nothing but read, until they are let go.
 *
 * @param {number} port
 * @param {number} readers
 */
export async function holdReaders(port, readers) {
  const child = spawn("taskset", ["-c", "1", buildLoad(), ...toArguments({ port, readers }), "--idle"]);
  const exited = once(child, "exit");
  // A server that has gone ends it before it is let go.
  child.stdin.on("error", () => {});
  const [line] = await once(child.stdout, "data");
  const { openSeconds } = JSON.parse(line);
  return {
    openSeconds,
    async release() {
      child.stdin.end();
      await exited;
    },
  };
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

/** @param {number} port */
async function untilListening(port) {
  for (let tries = 0; tries < 200; tries++) {
    const open = await fetch(`http://127.0.0.1:${port}/none`, { method: "POST" }).then(
      () => true,
      () => false,
    );
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Nothing listens on ${port}`);
}
