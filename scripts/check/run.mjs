import { spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "./tree.mjs";

/**
 * Runs a program of `node_modules/.bin` (or of the PATH) to its end, without input and without colours.
 *
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<{ ok: boolean, output: string }>} `output` holds both streams, as they came
 */
export function run(command, args) {
  const bin = join(ROOT, "node_modules", ".bin");
  const { FORCE_COLOR: _, ...inherited } = process.env;
  const env = { ...inherited, PATH: `${bin}:${process.env.PATH}`, NO_COLOR: "1" };
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", (error) => resolve({ ok: false, output: error.message }));
    child.on("close", (code) => resolve({ ok: code === 0, output: output.trim() }));
  });
}

/**
 * The result of a gate that is one program: its whole output is the problem.
 *
 * @param {string} checked what the gate looked at, for its line
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<import("../check.mjs").Result>}
 */
export async function runAsGate(checked, command, args) {
  const { ok, output } = await run(command, args);
  return { checked, problems: ok ? [] : [output || `${command} failed without a word`] };
}
