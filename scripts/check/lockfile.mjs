import { read } from "./tree.mjs";

/** @typedef {{ resolved?: string, integrity?: string, link?: boolean, inBundle?: boolean }} LockedPackage */

/** Gate: the lock file pins content, and names no host to fetch it from. @type {import("../check.mjs").Gate} */
export const lockfile = () => {
  const { packages } = JSON.parse(read("package-lock.json"));
  return {
    checked: `package-lock.json, ${Object.keys(packages).length} entries`,
    problems: lockfileProblems(packages),
  };
};

/**
 * A host in the lock file ties every clone to one registry or mirror; a missing hash lets it send anything.
 *
 * @param {Record<string, LockedPackage>} packages the `packages` of a lock file
 * @returns {string[]}
 */
export function lockfileProblems(packages) {
  return Object.entries(packages).flatMap(([place, { resolved, integrity, link, inBundle }]) => {
    if (!place.includes("node_modules/") || link || inBundle) return [];
    if (resolved !== undefined)
      return [`${place}: names a host; .npmrc has omit-lockfile-registry-resolved, so: npm install`];
    return integrity === undefined ? [`${place}: has no integrity hash`] : [];
  });
}
