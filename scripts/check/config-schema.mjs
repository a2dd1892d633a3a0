import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ROOT, read } from "./tree.mjs";

/** What editors are told of the `--config` file of a hub. */
const FILE = "packages/hub/config.schema.json";

/** Gate: the published schema of the hub's configuration is the one that its settings make. @type {import("../check.mjs").Gate} */
export const configSchema = async () => {
  const current = await toText();
  return { checked: FILE, problems: schemaProblems(read(FILE), current) };
};

/**
 * @param {string} published
 * @param {string} current
 * @returns {string[]}
 */
export function schemaProblems(published, current) {
  return published === current ? [] : [`${FILE} is not what the settings make: node scripts/check/config-schema.mjs`];
}

/** @returns {Promise<string>} */
async function toText() {
  const { toConfigSchema } = await import(pathToFileURL(join(ROOT, "packages/hub/dist/config/schema.js")).href);
  return `${JSON.stringify(toConfigSchema(), null, 2)}\n`;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  writeFileSync(join(ROOT, FILE), await toText());
}
