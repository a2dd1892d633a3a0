import { filesUnder, read } from "./tree.mjs";

/** @typedef {{ resolved?: string, integrity?: string, link?: boolean, inBundle?: boolean }} LockedPackage */

/** Gate: the lock file knows every workspace, pins content, and names no host to fetch it from. @type {import("../check.mjs").Gate} */
export const lockfile = () => {
  const { packages } = JSON.parse(read("package-lock.json"));
  const manifests = filesUnder("", /^(packages|examples|tests)\/[^/]+\/package\.json$/);
  const workspaces = manifests.map((path) => path.replace("/package.json", ""));
  return {
    checked: `package-lock.json, ${Object.keys(packages).length} entries for ${workspaces.length} workspaces`,
    problems: lockfileProblems(packages, workspaces),
  };
};

/**
 * A host in the lock file ties every clone to one registry or mirror; a missing hash lets it send anything; a missing
 * workspace fails `npm ci`.
 *
 * @param {Record<string, LockedPackage>} packages the `packages` of a lock file
 * @param {string[]} workspaces their folders
 * @returns {string[]}
 */
export function lockfileProblems(packages, workspaces) {
  const missing = workspaces.filter((folder) => !Object.hasOwn(packages, folder));
  const unpinned = Object.entries(packages).flatMap(([place, { resolved, integrity, link, inBundle }]) => {
    if (!place.includes("node_modules/") || link || inBundle) return [];
    if (resolved !== undefined)
      return [`${place}: names a host; .npmrc has omit-lockfile-registry-resolved, so: npm install`];
    return integrity === undefined ? [`${place}: has no integrity hash`] : [];
  });
  return [...missing.map((folder) => `${folder}: is not in the lock file; run npm install`), ...unpinned];
}
