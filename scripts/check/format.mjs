import { runAsGate } from "./run.mjs";

/** Gate: formatted and free of lint, as Biome sees it. @type {import("../check.mjs").Gate} */
export const format = () =>
  runAsGate("biome ci, all files", "biome", [
    "ci",
    "--colors=off",
    "--diagnostic-level=warn",
    "--error-on-warnings",
    "--max-diagnostics=50",
    ".",
  ]);
