import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the repository's root, without a trailing slash. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");

const IGNORED = new Set(["node_modules", "dist", ".git"]);

/**
 * The files under a folder, as paths relative to the repository's root with `/`, sorted. A folder that is not there has
 * none. Installed and built files are left out.
 *
 * @param {string} folder relative to the root; `""` is the whole repository
 * @param {RegExp} wanted tested against each path
 * @returns {string[]}
 */
export function filesUnder(folder, wanted) {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => !IGNORED.has(entry.name))
    .flatMap((entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return filesUnder(path, wanted);
      return entry.isFile() && wanted.test(path) ? [path] : [];
    })
    .sort();
}

/**
 * The text of a file of the repository.
 *
 * @param {string} path relative to the root
 * @returns {string}
 */
export function read(path) {
  return readFileSync(join(ROOT, path), "utf8");
}

/**
 * @typedef {object} Workspace
 * @property {string} folder relative to the root, such as `packages/wire`
 * @property {string} name as published, such as `@tidings/wire`
 * @property {boolean} isPublic goes to the registry
 */

/**
 * The packages under `packages/`.
 *
 * @returns {Workspace[]}
 */
export function workspaces() {
  return filesUnder("packages", /^packages\/[^/]+\/package\.json$/).map((path) => {
    const manifest = JSON.parse(read(path));
    return { folder: path.replace(/\/package\.json$/, ""), name: manifest.name, isPublic: manifest.private !== true };
  });
}

/**
 * The TypeScript sources of all packages, and of the hub's page.
 *
 * @returns {string[]}
 */
export function sources() {
  return filesUnder("packages", /^packages\/[^/]+\/(page\/)?src\/.*\.tsx?$/);
}
