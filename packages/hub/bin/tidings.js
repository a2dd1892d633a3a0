#!/usr/bin/env node
import { existsSync } from "node:fs";

// Committed, so that `npm ci` can link it before anything is built.
const cli = new URL("../dist/cli.js", import.meta.url);
if (!existsSync(cli)) {
  process.stderr.write("tidings: not built yet; run npm run build first.\n");
  process.exit(1);
}
const { main } = await import(cli.href);
process.exitCode = await main(process.argv.slice(2));
