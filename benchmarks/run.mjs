// All benchmarks, or those named: node benchmarks/run.mjs [client] [fanout] [parse] [react] [store] [-- options of that benchmark]
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const known = ["client", "fanout", "parse", "react", "store"];
const given = process.argv.slice(2);
const named = given.filter((argument) => known.includes(argument));
const options = given.filter((argument) => !known.includes(argument));

if (!existsSync(new URL("peers/node_modules", import.meta.url))) {
  const folder = fileURLToPath(new URL("peers", import.meta.url));
  if (spawnSync("npm", ["ci"], { cwd: folder, stdio: "inherit" }).status !== 0) process.exit(1);
}
for (const name of named.length > 0 ? named : known) {
  const script = fileURLToPath(new URL(`${name}/bench.mjs`, import.meta.url));
  const { status } = spawnSync(process.execPath, [script, ...options], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
