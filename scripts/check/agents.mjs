import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { filesUnder, ROOT, read } from "./tree.mjs";

/** Folders whose every subfolder that holds files has a line of its own in the tree. */
const MAPPED = ["packages", "examples", "benchmarks", "scripts", "tests"];

/** Subfolders that need no words. */
const UNMAPPED = /\/(test|public|components|model|cases|servers)(\/|$)/;

/** Gate: the tree in AGENTS.md is the tree there is. @type {import("../check.mjs").Gate} */
export const agents = () => {
  const mapped = treeOf(read("AGENTS.md"));
  const folders = new Set(
    MAPPED.flatMap((top) => filesUnder(top, /\.(ts|tsx|mjs|js)$/)).map((file) => `${posix.dirname(file)}/`),
  );
  const problems = treeProblems(mapped, [...folders], (path) => existsSync(join(ROOT, path)));
  return { checked: `${mapped.length} paths of the tree in AGENTS.md`, problems };
};

/**
 * The paths that begin the lines of the first code block under "The tree".
 *
 * @param {string} text
 * @returns {string[]}
 */
export function treeOf(text) {
  const [, block = ""] = /^## The tree\n[\s\S]*?^```text\n([\s\S]*?)^```/m.exec(text) ?? [];
  return [...block.matchAll(/^(\S+)/gm)].map(([, path = ""]) => path);
}

/**
 * @param {string[]} mapped paths of the tree; a folder ends in `/`
 * @param {string[]} folders that hold sources
 * @param {(path: string) => boolean} exists
 * @returns {string[]}
 */
export function treeProblems(mapped, folders, exists) {
  if (mapped.length === 0) return ['AGENTS.md has no code block (```text) under "## The tree"'];
  return [
    ...mapped
      .filter((path) => !path.includes("*") && !exists(path))
      .map((path) => `AGENTS.md names ${path}, which is not there`),
    ...folders
      .filter((folder) => !UNMAPPED.test(folder) && !mapped.some((path) => path === folder || path.startsWith(folder)))
      .map((folder) => `AGENTS.md says nothing about ${folder}`),
  ];
}
