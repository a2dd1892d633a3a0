import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("load.c", import.meta.url));
const folder = fileURLToPath(new URL("../../node_modules/.cache/tidings-load/", import.meta.url));

/**
 * The path of the load generator, compiled if it is not there or older than its source. In C, because no JavaScript
 * client keeps up with the servers it is to measure.
 */
export function buildLoad() {
  const binary = `${folder}load`;
  if (existsSync(binary) && statSync(binary).mtimeMs > statSync(source).mtimeMs) return binary;
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync("cc", ["-O2", "-o", binary, source], { stdio: "inherit" });
  } catch (error) {
    throw new Error("The load generator needs a C compiler: sudo apt-get install gcc libc6-dev", { cause: error });
  }
  return binary;
}
