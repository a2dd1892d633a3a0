import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const sources = readdirSync(here)
  .filter((name) => /\.[ch]$/.test(name))
  .map((name) => here + name);
const folder = fileURLToPath(new URL("../../node_modules/.cache/tidings-load/", import.meta.url));

/**
 * The path of the load generator, compiled if it is not there or older than its sources. In C, because no JavaScript
 * client keeps up with the servers it is to measure.
 */
export function buildLoad() {
  const binary = `${folder}load`;
  const isNewer = (/** @type {string} */ file) => statSync(binary).mtimeMs > statSync(file).mtimeMs;
  if (existsSync(binary) && sources.every(isNewer)) return binary;
  mkdirSync(folder, { recursive: true });
  try {
    // Renamed when it is whole: another process may build it too.
    const whole = `${binary}.${process.pid}`;
    const files = sources.filter((name) => name.endsWith(".c"));
    execFileSync("cc", ["-O2", "-o", whole, ...files], { stdio: "inherit" });
    renameSync(whole, binary);
  } catch (error) {
    throw new Error("The load generator needs a C compiler: sudo apt-get install build-essential", { cause: error });
  }
  return binary;
}
