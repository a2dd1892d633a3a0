import { runAsGate } from "./run.mjs";

/** Gate: the repository builds, as `npm run build` does it. @type {import("../check.mjs").Gate} */
export const build = () => runAsGate("npm run build", "npm", ["run", "--silent", "build"]);
