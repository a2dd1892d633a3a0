import { run } from "./run.mjs";
import { filesUnder } from "./tree.mjs";

/**
 * Gate: what `tsc -b` (gate `build`) does not reach is well typed too: tests, scripts, examples, benchmarks and the pages
 * that Vite builds.
 *
 * @type {import("../check.mjs").Gate}
 */
export const types = async () => {
  const pages = filesUnder("", /^(packages|examples)\/[^/]+\/page\/tsconfig\.json$/);
  const projects = ["tsconfig.scripts.json", "tsconfig.test.json", ...pages];
  const problems = [];
  for (const project of projects) {
    const { ok, output } = await run("tsc", ["-p", project, "--noEmit"]);
    if (!ok) problems.push(output);
  }
  return { checked: `tsc -p ${projects.join(", ")}`, problems };
};
