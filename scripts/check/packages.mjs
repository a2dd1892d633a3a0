import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { run } from "./run.mjs";
import { workspaces } from "./tree.mjs";

/** Files that have no place in a package: build state, tests. */
const UNWANTED = /\.tsbuildinfo$|(^|\/)tests?\/|\.test\./;

/** Files that every package has, whatever its manifest says. */
const REQUIRED = ["README.md", "LICENSE"];

/**
 * Gate: every public package, packed as it would be published, can be imported and typed by those who install it, and
 * holds what it should.
 *
 * @type {import("../check.mjs").Gate}
 */
export const packages = async () => {
  const folder = mkdtempSync(join(tmpdir(), "tidings-packages-"));
  try {
    const checked = [];
    const problems = [];
    for (const { name, isPublic } of workspaces()) {
      if (!isPublic) continue;
      checked.push(name);
      problems.push(...(await packageProblems(name, folder)).map((problem) => `${name}: ${problem}`));
    }
    return { checked: `publint, attw and contents of ${checked.join(", ")}`, problems };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/**
 * @param {string} name of a workspace
 * @param {string} folder where its tarball goes
 * @returns {Promise<string[]>}
 */
async function packageProblems(name, folder) {
  const packed = await run("npm", ["pack", "--json", "--silent", "--pack-destination", folder, "--workspace", name]);
  if (!packed.ok) return [packed.output];
  const { filename, files } = firstOf(JSON.parse(packed.output.slice(packed.output.search(/^[[{]/m))));
  const tarball = join(folder, filename);
  return [...contentProblems(files), ...(await publintProblems(tarball)), ...(await attwProblems(tarball))];
}

/** npm 10 answers with an array, npm 11 with an object by package name. @param {any} answer */
function firstOf(answer) {
  return Object.values(answer)[0];
}

/** @param {{ path: string }[]} files */
function contentProblems(files) {
  const paths = files.map(({ path }) => path);
  return [
    ...paths.filter((path) => UNWANTED.test(path)).map((path) => `packs ${path}; leave it out in "files"`),
    ...REQUIRED.filter((path) => !paths.includes(path)).map((path) => `packs no ${path}`),
  ];
}

/** @param {string} tarball */
async function publintProblems(tarball) {
  const { buffer, byteOffset, byteLength } = readFileSync(tarball);
  const { messages, pkg } = await publint({
    pack: { tarball: buffer.slice(byteOffset, byteOffset + byteLength) },
    strict: true,
  });
  return messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`);
}

/**
 * attw brings a TypeScript of its own, so it looks at the packed types with other eyes than ours. ESM-only: what
 * `require` would see is not looked at.
 *
 * @param {string} tarball
 */
async function attwProblems(tarball) {
  const { ok, output } = await run("attw", [tarball, "--profile", "esm-only", "--format", "ascii", "--no-emoji"]);
  return ok ? [] : [`attw: ${output}`];
}
