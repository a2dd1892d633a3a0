import { builtinModules } from "node:module";
import { posix } from "node:path";
import { IMPORT_RULES } from "./import-rules.mjs";
import { parseModule } from "./parse.mjs";
import { read, sources } from "./tree.mjs";

/** Gate: every source imports only what its layer may, and only packages that its manifest names. @type {import("../check.mjs").Gate} */
export const imports = () => {
  const paths = sources();
  const problems = paths.flatMap((path) => forbiddenImports(path, read(path), manifestOf(path)));
  return { checked: `${paths.length} sources against ${IMPORT_RULES.length} rules`, problems };
};

/**
 * @typedef {object} Manifest the part of a `package.json` that counts here
 * @property {string} name
 * @property {Record<string, unknown>} [imports]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [optionalDependencies]
 * @property {Record<string, string>} [peerDependencies]
 */

/**
 * The imports of one source that its rule or its manifest forbids.
 *
 * @param {string} path from the repository's root
 * @param {string} code
 * @param {Manifest} manifest of its package
 * @param {import("./import-rules.mjs").ImportRule[]} [rules]
 * @returns {string[]}
 */
export function forbiddenImports(path, code, manifest, rules = IMPORT_RULES) {
  const rule = rules.find(({ files }) => files.test(path));
  if (rule === undefined) return [`${path}: no rule covers it; add one to scripts/check/import-rules.mjs`];
  return parseModule(path, code).imports.flatMap(({ specifier, line }) => {
    const at = `${path}:${line}`;
    if (specifier === undefined) return [`${at}: a computed import; name the module, so that it can be checked`];
    const isFile = /^\.\.?(\/|$)/.test(specifier);
    const target = isFile ? posix.join(posix.dirname(path), specifier) : specifier;
    if (!isAllowed(target, isFile, rule.may)) return [`${at}: may not import ${target}: ${rule.because}`];
    if (!isFile && !isDeclared(specifier, manifest)) {
      return [`${at}: imports ${specifier}, which the package.json of ${manifest.name} does not name`];
    }
    return [];
  });
}

/**
 * @param {string} target
 * @param {boolean} isFile of the repository, and no package
 * @param {(string | RegExp)[]} may
 */
function isAllowed(target, isFile, may) {
  return may.some((each) => {
    if (each instanceof RegExp) return !isFile && each.test(target);
    return each.endsWith("/") ? target.startsWith(each) : target === each;
  });
}

/**
 * What npm's hoisting lets a workspace import, but an installed package would miss.
 *
 * @param {string} specifier
 * @param {Manifest} manifest
 */
function isDeclared(specifier, manifest) {
  if (specifier.startsWith("node:")) return true;
  if (specifier.startsWith("#")) return specifier in (manifest.imports ?? {});
  if (builtinModules.includes(specifier)) return false;
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  const { dependencies, optionalDependencies, peerDependencies } = manifest;
  return [dependencies, optionalDependencies, peerDependencies].some((each) => each !== undefined && name in each);
}

/**
 * The manifest that must name what a source imports. A page is bundled when it is built, so its packages are those of the
 * workspace.
 *
 * @param {string} path
 * @returns {Manifest}
 */
function manifestOf(path) {
  const manifest = JSON.parse(read(`${path.split("/", 2).join("/")}/package.json`));
  if (!path.includes("/page/")) return manifest;
  return { ...manifest, peerDependencies: JSON.parse(read("package.json")).devDependencies };
}
